//! The plan as a JSON document: one line a step, the digest last, over all bytes before its key.

use std::io::Write;

use serde::Serialize;

use super::{FORMAT, Plan, VERSION};
use crate::harmless::write_json;

/// Why a plan could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the plan")]
pub struct PlanWriteError(#[source] std::io::Error);

impl PlanWriteError {
    /// The error of the writer.
    pub fn into_io(self) -> std::io::Error {
        self.0
    }
}

/// Why a text is not a plan that can be relied on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanReadError {
    /// It is no JSON, or not of the plan's shape.
    #[error("line {line}, column {column}: not a plan: {problem}")]
    Syntax {
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// It is another document.
    #[error("not a plan: expected \"format\":\"{FORMAT}\", found {found}")]
    NotAPlan {
        /// The format found.
        found: String,
    },
    /// Its version is not known here.
    #[error("plan version {found} is not supported (this sexton reads version {VERSION})")]
    Version {
        /// The version found.
        found: String,
    },
    /// Its digest is not that of its bytes.
    #[error("the plan was altered after it was written: it says {stated}, its bytes give {computed}")]
    Altered {
        /// The digest it states.
        stated: String,
        /// The digest of its bytes.
        computed: String,
    },
}

/// Writes and digests at once, in blocks: both are slow in small pieces.
struct Digesting<W> {
    out: W,
    hasher: blake3::Hasher,
    block: Vec<u8>,
}

const BLOCK: usize = 1 << 17;

impl<W: Write> Digesting<W> {
    fn pass_on(&mut self) -> std::io::Result<()> {
        self.hasher.update(&self.block);
        self.out.write_all(&self.block)?;
        self.block.clear();
        Ok(())
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK {
            self.pass_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.pass_on()?;
        self.out.flush()
    }
}

const DIGEST_KEY: &str = "\"digest\":";

fn key(out: &mut impl Write, name: &str, value: &impl Serialize) -> std::io::Result<()> {
    write!(out, "\"{name}\":")?;
    write_json(&mut *out, value)?;
    out.write_all(b",\n")
}

fn list<T: Serialize>(out: &mut impl Write, name: &str, values: &[T]) -> std::io::Result<()> {
    write!(out, "\"{name}\":[")?;
    for (position, value) in values.iter().enumerate() {
        out.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        write_json(&mut *out, value)?;
    }
    out.write_all(b"],\n")
}

impl Plan {
    /// Writes the document and returns its digest. The plan's own `digest` field is not looked at.
    pub fn write(&self, out: impl Write) -> Result<String, PlanWriteError> {
        let mut out = Digesting { out, hasher: blake3::Hasher::new(), block: Vec::with_capacity(2 * BLOCK) };
        self.write_body(&mut out).and_then(|()| out.pass_on()).map_err(PlanWriteError)?;
        let digest = format!("blake3:{}", out.hasher.finalize().to_hex());
        writeln!(out.out, "{DIGEST_KEY}\"{digest}\"}}").and_then(|()| out.out.flush()).map_err(PlanWriteError)?;
        Ok(digest)
    }

    fn write_body(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "{{\"format\":\"{FORMAT}\",\"version\":{VERSION},")?;
        key(out, "now", &self.now)?;
        key(out, "expires_at", &self.expires_at)?;
        key(out, "inventory", &self.inventory)?;
        key(out, "policy", &self.policy)?;
        list(out, "census", &self.census)?;
        list(out, "assumed", &self.assumed)?;
        key(out, "applyable", &self.applyable)?;
        key(out, "complete", &self.complete)?;
        list(out, "exceeded", &self.exceeded)?;
        key(out, "summary", &self.summary)?;
        list(out, "steps", &self.steps)?;
        list(out, "held", &self.held)?;
        list(out, "blocked", &self.blocked)?;
        list(out, "kept", &self.kept)?;
        list(out, "findings", &self.findings)
    }

    /// The plan with its digest filled in, as it reads back from its own document.
    pub fn sealed(mut self) -> Plan {
        self.digest = self.write(std::io::sink()).expect("a sink takes every byte and a plan serialises");
        self
    }

    /// Reads a document and checks its digest.
    ///
    /// # Errors
    /// What is not a plan of this version, or was altered after it was written.
    pub fn read(bytes: &[u8]) -> Result<Plan, PlanReadError> {
        let syntax = |error: serde_json::Error| PlanReadError::Syntax {
            line: error.line(),
            column: error.column(),
            problem: error.to_string(),
        };
        #[derive(serde::Deserialize)]
        struct Header {
            format: Option<serde_json::Value>,
            version: Option<serde_json::Value>,
            digest: Option<String>,
        }
        let header: Header = serde_json::from_slice(bytes).map_err(syntax)?;
        match header.format {
            Some(serde_json::Value::String(format)) if format == FORMAT => {}
            Some(found) => return Err(PlanReadError::NotAPlan { found: found.to_string() }),
            None => return Err(PlanReadError::NotAPlan { found: "no \"format\"".to_owned() }),
        }
        match header.version {
            Some(version) if version == VERSION => {}
            Some(found) => return Err(PlanReadError::Version { found: found.to_string() }),
            None => return Err(PlanReadError::Version { found: "(none)".to_owned() }),
        }
        let stated = header.digest.unwrap_or_default();
        let body = match rfind(bytes, DIGEST_KEY.as_bytes()) {
            Some(start) => &bytes[..start],
            None => bytes,
        };
        let computed = format!("blake3:{}", blake3::hash(body).to_hex());
        if stated != computed {
            return Err(PlanReadError::Altered { stated, computed });
        }
        serde_json::from_slice(bytes).map_err(syntax)
    }
}

fn rfind(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).rposition(|window| window == wanted)
}
