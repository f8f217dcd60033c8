//! The events of a run as JSON Lines. Whatever happens to the file, the run goes on: it is said once, and nothing more is
//! written.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};

use sexton_core::harmless::write_json;
use sexton_engine::event::RunEvent;

use crate::failure::{Failure, say};
use crate::files::Place;

/// Whether the file begins with this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begun {
    /// It is written anew.
    Now,
    /// It goes on where an earlier session left it.
    Earlier,
}

pub(super) struct Recorder {
    name: String,
    out: Option<Box<dyn Write + Send>>,
}

impl Recorder {
    pub(super) fn open(place: &Place, begun: Begun) -> Result<Self, Failure> {
        let path = match place {
            Place::Standard => {
                return Ok(Self { name: "standard output".to_owned(), out: Some(Box::new(io::stdout())) });
            }
            Place::File(path) => path,
        };
        let opened = match begun {
            Begun::Now => File::create(path),
            Begun::Earlier => OpenOptions::new().append(true).create(true).open(path),
        };
        let mut file =
            opened.map_err(|error| Failure::new(format!("cannot write events to {}: {error}", path.display())))?;
        if begun == Begun::Earlier && ends_in_a_torn_line(path) {
            // Best effort: where it fails, so does the first event, which is said.
            drop(file.write_all(b"\n"));
        }
        Ok(Self { name: path.display().to_string(), out: Some(Box::new(file)) })
    }

    /// Writes one line, whole, at once.
    pub(super) fn record(&mut self, event: &RunEvent) {
        let Some(out) = &mut self.out else { return };
        let mut line = Vec::new();
        let written = write_json(&mut line, event).and_then(|()| {
            line.push(b'\n');
            out.write_all(&line)?;
            out.flush()
        });
        if let Err(error) = written {
            say(&format!(
                "warning: events are not written to {} any more: {error}; the run goes on, and its journal is kept",
                self.name
            ));
            self.out = None;
        }
    }
}

#[cfg(test)]
impl Recorder {
    pub(super) fn has_ended(&self) -> bool {
        self.out.is_none()
    }
}

/// Whether a session was cut off in the middle of a line.
fn ends_in_a_torn_line(path: &std::path::Path) -> bool {
    let last = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        let mut byte = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut byte)?;
        Ok(byte[0])
    };
    // What has no last byte, a pipe or an empty file, has no torn line either.
    std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) && last().is_ok_and(|byte| byte != b'\n')
}
