//! The journal's file: one SQLite database, held by one writer.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use sexton_core::plan::Plan;
use sexton_core::time::Timestamp;

use super::{Entry, FoldError, History, JournalError, NewRun, Record, Store, VERSION, read_plan};
use crate::run::RunId;

#[cfg(test)]
mod tests;

/// `SXTF`.
const APPLICATION_ID: u32 = 0x5358_5446;

/// A reader holds the lock for an instant, to see whether a writer does: a writer asks more than once.
const LOCK_ATTEMPTS: u32 = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(10);

const SCHEMA: &str = "
CREATE TABLE run(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  run TEXT NOT NULL,
  plan_digest TEXT NOT NULL,
  created_at TEXT NOT NULL,
  plan BLOB NOT NULL
) STRICT;
CREATE TABLE verification(
  id INTEGER PRIMARY KEY CHECK (id = 1),
  found TEXT NOT NULL
) STRICT;
CREATE TABLE records(
  seq INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  step INTEGER,
  record TEXT NOT NULL
) STRICT;
";

/// The open file and the lock that keeps others from writing it.
#[derive(Debug)]
pub(super) struct SqliteStore {
    path: PathBuf,
    connection: Connection,
    /// None once it was given away with what it locks.
    _lock: Option<File>,
}

/// What a file holds, before it is made sense of.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) run: String,
    pub(super) plan_digest: String,
    pub(super) created_at: String,
    pub(super) verification: Option<String>,
    pub(super) plan: Vec<u8>,
    pub(super) entries: Vec<Entry>,
}

/// A neighbour of the journal.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn lock(path: &Path) -> Result<File, JournalError> {
    let lock = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .open(beside(path, ".lock"))
        .map_err(|source| JournalError::NotWritable { path: path.to_owned(), source })?;
    for _ in 0..LOCK_ATTEMPTS {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(source)) => {
                return Err(JournalError::NotWritable { path: path.to_owned(), source });
            }
        }
    }
    Err(JournalError::InUse { path: path.to_owned() })
}

/// A file that holds a plan, under another name until it is put in its place. Dropped before, it is removed.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    lock: Option<File>,
}

impl Draft {
    /// Writes all but what verification found.
    pub(super) fn write(path: &Path, new: &NewRun, digest: &str) -> Result<Self, JournalError> {
        let lock = lock(path)?;
        if path.try_exists().map_err(|source| JournalError::NotWritable { path: path.to_owned(), source })? {
            return Err(JournalError::Exists { path: path.to_owned() });
        }
        let draft = Self { path: path.to_owned(), lock: Some(lock) };
        let not_writable = |source| JournalError::NotWritable { path: path.to_owned(), source };
        draft.remove().map_err(not_writable)?;
        // It holds the whole plan, so it is as private as one.
        OpenOptions::new().create_new(true).write(true).mode(0o640).open(draft.file()).map_err(not_writable)?;
        write_draft(&draft.file(), new, digest).map_err(|source| refused(path, "making it", source))?;
        File::open(draft.file()).and_then(|file| file.sync_all()).map_err(not_writable)?;
        Ok(draft)
    }

    fn file(&self) -> PathBuf {
        beside(&self.path, ".new")
    }

    fn remove(&self) -> std::io::Result<()> {
        let beside_it = ["-journal", "-wal", "-shm"].map(|suffix| beside(&self.file(), suffix));
        for leftover in beside_it.into_iter().chain([self.file()]) {
            match std::fs::remove_file(leftover) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Adds what verification found, and puts the file in its place.
    pub(super) fn finish(mut self, verification: Option<&serde_json::Value>) -> Result<SqliteStore, JournalError> {
        let path = self.path.clone();
        let not_writable = |source| JournalError::NotWritable { path: path.clone(), source };
        if let Some(found) = verification {
            add_verification(&self.file(), found).map_err(|source| refused(&path, "making it", source))?;
        }
        std::fs::rename(self.file(), &path).map_err(not_writable)?;
        let lock = self.lock.take();
        sync_folder(&path).map_err(not_writable)?;
        let connection = connect(&path)?;
        Ok(SqliteStore { path, connection, _lock: lock })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.lock.is_none() {
            return;
        }
        let lock = std::fs::remove_file(beside(&self.path, ".lock"));
        if let Err(error) = self.remove().and(lock) {
            tracing::warn!(journal = %self.path.display(), %error, "the draft of a journal was left behind");
        }
    }
}

fn add_verification(draft: &Path, found: &serde_json::Value) -> rusqlite::Result<()> {
    let connection = Connection::open(draft)?;
    connection.execute("INSERT INTO verification(id, found) VALUES (1, ?1)", params![found.to_string()])?;
    // The file alone is put in its place. Closing would do this too, and say nothing where it could not.
    let is_busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if is_busy {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(code, Some("another process reads it".to_owned())));
    }
    connection.close().map_err(|(_, error)| error)
}

fn write_draft(draft: &Path, new: &NewRun, digest: &str) -> rusqlite::Result<()> {
    let mut connection = Connection::open(draft)?;
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute(
        "INSERT INTO run(id, run, plan_digest, created_at, plan) VALUES (1, ?1, ?2, ?3, ?4)",
        params![new.run.as_str(), digest, new.created_at.to_string(), new.plan],
    )?;
    transaction.commit()?;
    // Kept in the file's header: whoever opens it need not change it first.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error)
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}

/// Opens the file to write on, and reads what it holds.
pub(super) fn open(path: &Path) -> Result<(SqliteStore, Contents), JournalError> {
    require_file(path)?;
    let lock = lock(path)?;
    let connection = connect(path)?;
    require_sound(&connection, path)?;
    let contents = contents(&connection, path)?;
    Ok((SqliteStore { path: path.to_owned(), connection, _lock: Some(lock) }, contents))
}

/// Reads what a file holds while another may write it. Reports besides whether one does.
pub(super) fn look(path: &Path) -> Result<(Contents, bool), JournalError> {
    require_file(path)?;
    let held = match File::open(beside(path, ".lock")) {
        Ok(lock) => match lock.try_lock_shared() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(source)) => {
                return Err(JournalError::NotReadable { path: path.to_owned(), source });
            }
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(source) => return Err(JournalError::NotReadable { path: path.to_owned(), source }),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || {
        let connection =
            Connection::open_with_flags(path, flags).map_err(|source| refused(path, "opening it", source))?;
        require_journal(&connection, path)?;
        contents(&connection, path)
    };
    match read() {
        Ok(contents) => Ok((contents, held)),
        // Reading needs files beside the journal, which may not be made there.
        Err(JournalError::NotWritable { .. }) => Ok((look_at_copy(path)?, held)),
        Err(error) => Err(error),
    }
}

/// Reads a copy, with what is written ahead of it, in a folder of this process's own.
fn look_at_copy(path: &Path) -> Result<Contents, JournalError> {
    let not_readable = |source| JournalError::NotReadable { path: path.to_owned(), source };
    let folder = Folder::make().map_err(not_readable)?;
    let copy = folder.0.join("journal");
    for suffix in ["-wal", ""] {
        match std::fs::read(beside(path, suffix)) {
            Ok(bytes) => std::fs::write(beside(&copy, suffix), bytes).map_err(not_readable)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !suffix.is_empty() => {}
            Err(source) => return Err(not_readable(source)),
        }
    }
    let connection = Connection::open(&copy).map_err(|source| refused(path, "opening a copy of it", source))?;
    require_journal(&connection, path)?;
    contents(&connection, path)
}

/// A folder that nobody else can read, removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn make() -> std::io::Result<Self> {
        for number in 0_u32.. {
            let folder = std::env::temp_dir().join(format!("sexton-{}-{number}", std::process::id()));
            match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(std::io::ErrorKind::AlreadyExists.into())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "a copy of a journal was left behind");
        }
    }
}

fn require_file(path: &Path) -> Result<(), JournalError> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => Ok(()),
        Ok(_) => Err(JournalError::NotAJournal { path: path.to_owned() }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(JournalError::Missing { path: path.to_owned() })
        }
        Err(source) => Err(JournalError::NotReadable { path: path.to_owned(), source }),
    }
}

fn connect(path: &Path) -> Result<Connection, JournalError> {
    let refused = |source| refused(path, "opening it", source);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(refused)?;
    require_journal(&connection, path)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(refused)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(refused)?;
    Ok(connection)
}

fn require_sound(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let problem: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| refused(path, "checking it", source))?;
    if problem != "ok" {
        return Err(JournalError::Damaged { path: path.to_owned(), problem });
    }
    Ok(())
}

fn require_journal(connection: &Connection, path: &Path) -> Result<(), JournalError> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u32>(0));
    let id = pragma("application_id").map_err(|source| refused(path, "reading its header", source))?;
    if id != APPLICATION_ID {
        return Err(JournalError::NotAJournal { path: path.to_owned() });
    }
    let found = pragma("user_version").map_err(|source| refused(path, "reading its header", source))?;
    if found != VERSION {
        return Err(JournalError::Version { path: path.to_owned(), found });
    }
    Ok(())
}

fn refused(path: &Path, doing: &'static str, source: rusqlite::Error) -> JournalError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => JournalError::NotAJournal { path },
        Some(ErrorCode::DiskFull) => JournalError::Full { path, doing, source },
        Some(ErrorCode::DatabaseCorrupt) => JournalError::Damaged { path, problem: source.to_string() },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            JournalError::NotWritable { path, source: std::io::Error::other(source) }
        }
        Some(_) | None => JournalError::Database { path, doing, source },
    }
}

fn contents(connection: &Connection, path: &Path) -> Result<Contents, JournalError> {
    let failed = |source| refused(path, "reading it", source);
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    let row = transaction
        .query_row("SELECT run, plan_digest, created_at, (SELECT found FROM verification), plan FROM run", [], |row| {
            Ok(Contents {
                run: row.get(0)?,
                plan_digest: row.get(1)?,
                created_at: row.get(2)?,
                verification: row.get(3)?,
                plan: row.get(4)?,
                entries: Vec::new(),
            })
        })
        .optional()
        .map_err(failed)?;
    let Some(mut contents) = row else {
        return Err(JournalError::Damaged { path: path.to_owned(), problem: "it holds no plan".to_owned() });
    };
    let mut statement = transaction.prepare("SELECT seq, at, record FROM records ORDER BY seq").map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let (seq, at, record): (i64, String, String) =
            (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?, row.get(2).map_err(failed)?);
        contents.entries.push(entry(path, seq, &at, &record)?);
    }
    Ok(contents)
}

fn entry(path: &Path, seq: i64, at: &str, record: &str) -> Result<Entry, JournalError> {
    let damaged =
        |problem: String| JournalError::Damaged { path: path.to_owned(), problem: format!("record {seq}: {problem}") };
    Ok(Entry {
        seq: u64::try_from(seq).map_err(|error| damaged(error.to_string()))?,
        at: at.parse::<Timestamp>().map_err(|error| damaged(error.to_string()))?,
        record: serde_json::from_str(record).map_err(|error| damaged(error.to_string()))?,
    })
}

impl Contents {
    /// The run, its plan, and where that stands.
    pub(super) fn understand(&self, path: &Path) -> Result<(RunId, Plan, History), JournalError> {
        let damaged = |problem: String| JournalError::Damaged { path: path.to_owned(), problem };
        let run = RunId::new(self.run.clone()).map_err(|error| damaged(error.to_string()))?;
        let plan = read_plan(path, &self.plan)?;
        if plan.digest != self.plan_digest {
            return Err(damaged(format!("it says plan {}, and holds {}", self.plan_digest, plan.digest)));
        }
        let history = History::fold(plan.steps.len(), &self.entries)
            .map_err(|source: FoldError| JournalError::Records { path: path.to_owned(), source })?;
        Ok((run, plan, history))
    }
}

impl Store for SqliteStore {
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        append(&mut self.connection, entries).map_err(|source| refused(&self.path, "writing to it", source))
    }
}

fn append(connection: &mut Connection, entries: &[Entry]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert =
            transaction.prepare_cached("INSERT INTO records(seq, at, step, record) VALUES (?1, ?2, ?3, ?4)")?;
        for entry in entries {
            let step = match &entry.record {
                Record::Step { step, .. } => Some(*step),
                Record::SessionBegan { .. }
                | Record::Identified { .. }
                | Record::Stopping { .. }
                | Record::Paused
                | Record::Unpaused
                | Record::SessionEnded { .. } => None,
            };
            let record = serde_json::to_string(&entry.record)
                .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            let seq =
                i64::try_from(entry.seq).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
            insert.execute(params![seq, entry.at.to_string(), step, record])?;
        }
    }
    transaction.commit()
}
