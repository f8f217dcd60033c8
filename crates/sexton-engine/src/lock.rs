//! One run at a time: of a plan, and in an account of a provider, whatever journals they are kept in.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use sexton_core::plan::Plan;

use crate::run::RunId;

#[cfg(test)]
mod tests;

/// Why a run may not begin beside others.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run has it.
    #[error("{what} is being worked on by another run{}", holder.as_deref().map(|run| format!(" ({run})")).unwrap_or_default())]
    Held {
        /// What is locked: a plan or an account.
        what: String,
        /// Who holds it, as far as it says.
        holder: Option<String>,
    },
    /// The state folder cannot be written.
    #[error("the lock {} cannot be made", path.display())]
    NotWritable {
        /// The lock's file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

/// The locks of one run. Released when dropped, and by the system when the process ends.
#[derive(Debug)]
pub struct RunLocks {
    _held: Vec<File>,
}

impl RunLocks {
    /// Takes the locks of a plan and of every account that its steps are in, or none of them.
    ///
    /// # Errors
    /// Another run holds one, or the folder cannot be written.
    pub fn acquire(state_folder: &Path, plan: &Plan, run: &RunId) -> Result<Self, LockError> {
        let folder = state_folder.join("locks");
        std::fs::create_dir_all(&folder).map_err(|source| LockError::NotWritable { path: folder.clone(), source })?;
        let mut names =
            BTreeSet::from([(format!("plan {}", plan.digest), format!("plan-{}", in_file_name(&plan.digest)))]);
        // Neighbours mostly share an account, and there may be many steps.
        let mut accounts: Vec<(&str, &str)> =
            plan.steps.iter().map(|step| (step.address.provider(), step.address.account())).collect();
        accounts.dedup();
        for (provider, account) in accounts {
            names.insert((
                format!("account {account} of {provider}"),
                format!("account-{}-{}", in_file_name(provider), in_file_name(account)),
            ));
        }
        let held = names
            .into_iter()
            .map(|(what, name)| take(&folder.join(format!("{name}.lock")), what, run))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { _held: held })
    }
}

fn take(path: &Path, what: String, run: &RunId) -> Result<File, LockError> {
    let not_writable = |source| LockError::NotWritable { path: path.to_owned(), source };
    let mut file =
        OpenOptions::new().create(true).read(true).write(true).truncate(false).open(path).map_err(not_writable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let holder = match file.read_to_string(&mut holder) {
                Ok(_) => Some(holder.trim().to_owned()).filter(|holder| !holder.is_empty()),
                Err(error) => Some(format!("unknown: {error}")),
            };
            return Err(LockError::Held { what, holder });
        }
        Err(TryLockError::Error(source)) => return Err(not_writable(source)),
    }
    let text = format!("run {run}, process {}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(text.as_bytes()))
        .map_err(not_writable)?;
    Ok(file)
}

/// A text as part of a file name: what is not a letter, digit, `-` or `_` as `%` and its bytes in hexadecimal, so that
/// different texts have different names.
fn in_file_name(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    name
}
