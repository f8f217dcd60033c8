//! The receipt as a document whose entries are chained: none can be altered, left out or moved unseen.
//!
//! The first link is the digest of what the document begins with, the next that of the link before and the entry, and the
//! document's own digest that of the last link and everything else in it. Each is `blake3:` and the digest, in
//! hexadecimal, of the link before as written and of compact JSON in the order of the fields here.

use std::io::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sexton_core::address::Address;
use sexton_core::plan::FreedBytes;
use sexton_core::time::Timestamp;

use super::{Calls, Counts, Receipt};
use crate::journal::StopCause;
use crate::machine::StepState;
use crate::run::RunId;

#[cfg(test)]
mod tests;

const FORMAT: &str = "sexton.receipt";
const VERSION: u32 = 1;

/// What became of every step of a run, as of the end of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptDocument {
    /// `sexton.receipt`.
    pub format: String,
    /// 1.
    pub version: u32,
    /// The run.
    pub run: RunId,
    /// The plan's digest.
    pub plan: String,
    /// The session: 1, and one more at each resume.
    pub session: u32,
    /// When the session began.
    pub began_at: Timestamp,
    /// Every step, by index.
    pub entries: Vec<ReceiptEntry>,
    /// When the session ended.
    pub ended_at: Timestamp,
    /// Whether every step's resource is out of the way.
    pub complete: bool,
    /// Why nothing new was begun, where that was so.
    pub stopped: Option<StopCause>,
    /// How the steps stand.
    pub counts: Counts,
    /// The calls that the session made.
    pub calls: Calls,
    /// What the removals of the run free, by estimate.
    pub freed_bytes: FreedBytes,
    /// Over the last entry's digest and what stands beside the entries.
    pub digest: String,
}

/// How one step stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiptEntry {
    /// Its index in the plan.
    pub index: u32,
    /// Its resource.
    pub address: Address,
    /// Where it stands: its outcome, with the provider's id of the request where one is known.
    pub state: StepState,
    /// When its last record was made; none where nothing was done yet.
    pub at: Option<Timestamp>,
    /// Over the digest before it and what stands above.
    pub digest: String,
}

/// Why a receipt is not to be believed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The bytes are no receipt.
    #[error("this is no receipt")]
    Format(#[source] serde_json::Error),
    /// It is of another format or version.
    #[error("this is {format} of version {version}; this sexton reads {FORMAT} of version {VERSION}")]
    Version {
        /// Its format.
        format: String,
        /// Its version.
        version: u32,
    },
    /// An entry, or something before it, was altered, left out or moved.
    #[error("the receipt was altered at or before the entry at place {place}, of step {index}")]
    Entry {
        /// The entry's place, from 0.
        place: usize,
        /// The step that it names.
        index: u32,
    },
    /// What stands beside the entries was altered, or entries were left out at the end.
    #[error("the receipt was altered in what stands beside its entries, or after the last of them")]
    Digest,
}

#[derive(Serialize)]
struct Head<'a>(&'a str, u32, &'a RunId, &'a str, u32, Timestamp);

#[derive(Serialize)]
struct Body<'a>(u32, &'a Address, &'a StepState, Option<Timestamp>);

#[derive(Serialize)]
struct Tail<'a>(Timestamp, bool, Option<&'a StopCause>, &'a Counts, &'a Calls, &'a FreedBytes);

impl Receipt {
    /// The receipt as a document.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn document(&self) -> Result<ReceiptDocument, serde_json::Error> {
        let entries = self.steps.iter().map(|step| ReceiptEntry {
            index: step.index,
            address: step.address.clone(),
            state: step.state.clone(),
            at: step.at,
            digest: String::new(),
        });
        let mut document = ReceiptDocument {
            format: FORMAT.to_owned(),
            version: VERSION,
            run: self.run.clone(),
            plan: self.plan.clone(),
            session: self.session,
            began_at: self.began_at,
            entries: entries.collect(),
            ended_at: self.ended_at,
            complete: self.complete,
            stopped: self.stopped.clone(),
            counts: self.counts,
            calls: self.calls.clone(),
            freed_bytes: self.freed_bytes,
            digest: String::new(),
        };
        let mut before = document.head()?;
        for entry in &mut document.entries {
            entry.digest = entry.link(&before)?;
            before.clone_from(&entry.digest);
        }
        document.digest = document.tail(&before)?;
        Ok(document)
    }
}

impl ReceiptDocument {
    /// Reads a receipt and checks its chain.
    ///
    /// # Errors
    /// It is none, is of another version, or was altered.
    pub fn read(bytes: &[u8]) -> Result<Self, ReceiptError> {
        let document: Self = serde_json::from_slice(bytes).map_err(ReceiptError::Format)?;
        document.verify()?;
        Ok(document)
    }

    /// Checks the chain.
    ///
    /// # Errors
    /// It is of another version, or was altered.
    pub fn verify(&self) -> Result<(), ReceiptError> {
        if self.format != FORMAT || self.version != VERSION {
            return Err(ReceiptError::Version { format: self.format.clone(), version: self.version });
        }
        let mut before = self.head().map_err(ReceiptError::Format)?;
        for (place, entry) in self.entries.iter().enumerate() {
            let link = entry.link(&before).map_err(ReceiptError::Format)?;
            if link != entry.digest {
                return Err(ReceiptError::Entry { place, index: entry.index });
            }
            before = link;
        }
        match self.tail(&before).map_err(ReceiptError::Format)? == self.digest {
            true => Ok(()),
            false => Err(ReceiptError::Digest),
        }
    }

    /// Writes it, one entry a line.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }

    fn head(&self) -> Result<String, serde_json::Error> {
        link("", &Head(&self.format, self.version, &self.run, &self.plan, self.session, self.began_at))
    }

    fn tail(&self, before: &str) -> Result<String, serde_json::Error> {
        let stopped = self.stopped.as_ref();
        link(before, &Tail(self.ended_at, self.complete, stopped, &self.counts, &self.calls, &self.freed_bytes))
    }
}

impl ReceiptEntry {
    fn link(&self, before: &str) -> Result<String, serde_json::Error> {
        link(before, &Body(self.index, &self.address, &self.state, self.at))
    }
}

fn link(before: &str, what: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before.as_bytes());
    hasher.update(&serde_json::to_vec(what)?);
    Ok(format!("blake3:{}", hasher.finalize().to_hex()))
}

/// The schema of a receipt: JSON Schema, draft 2020-12.
#[must_use]
pub fn schema() -> serde_json::Value {
    sexton_core::schema::finished(
        sexton_core::schema::written::<ReceiptDocument>(),
        "What became of every step of a run",
    )
}
