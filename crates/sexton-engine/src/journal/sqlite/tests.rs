//! A disk that is full, and a folder that cannot be written.

use super::*;
use crate::testing::{document, now, plan, resource, step};

fn journal(path: &Path) -> SqliteStore {
    let plan = plan(vec![step(&resource("snapshot", "s"), &[])]);
    let new =
        NewRun { run: RunId::new("run-1").unwrap(), created_at: now(), plan: document(&plan), verification: None };
    Draft::write(path, &new, &plan.digest).unwrap().finish(None).unwrap()
}

fn began(seq: u64) -> Entry {
    Entry { seq, at: now(), record: Record::SessionBegan { session: 1 } }
}

#[test]
fn a_full_disk_is_named_and_nothing_is_recorded_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let mut store = journal(&path);
    store.append(&[began(1)]).unwrap();
    let pages: u32 = store.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let full: u32 =
        store.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).unwrap();
    assert_eq!(full, pages);
    let many: Vec<Entry> = (2..2000).map(began).collect();
    let error = store.append(&many).unwrap_err();
    assert!(matches!(error, JournalError::Full { doing: "writing to it", .. }), "{error:?}");
    drop(store);
    let (_, contents) = open(&path).unwrap();
    assert_eq!(contents.entries, [began(1)]);
}

#[test]
fn a_record_that_counts_is_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    for made_or_opened in [journal, |path: &Path| open(path).unwrap().0] {
        let store = made_or_opened(&path);
        let pragma = |name: &str| {
            let value = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
            store.connection.query_row(&format!("PRAGMA {name}"), [], value).unwrap()
        };
        assert_eq!(pragma("synchronous"), 2.into(), "FULL: in WAL mode each commit is synced");
        assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
    }
}

#[test]
fn what_verification_found_is_in_the_file_itself_or_the_journal_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let plan = plan(vec![step(&resource("snapshot", "s"), &[])]);
    let new =
        NewRun { run: RunId::new("run-1").unwrap(), created_at: now(), plan: document(&plan), verification: None };
    let found = serde_json::json!({ "verified": true });
    let draft = Draft::write(&path, &new, &plan.digest).unwrap();
    // Whoever reads meanwhile keeps what is written ahead from coming into the file.
    let reader = Connection::open(draft.file()).unwrap();
    reader.execute_batch("BEGIN; SELECT * FROM run").unwrap();
    let error = draft.finish(Some(&found)).unwrap_err();
    assert!(matches!(error, JournalError::Database { .. }), "{error:?}");
    assert!(!path.exists());
    drop(reader);

    Draft::write(&path, &new, &plan.digest).unwrap().finish(Some(&found)).unwrap();
    let alone = folder.path().join("alone");
    std::fs::copy(&path, &alone).unwrap();
    assert_eq!(look(&alone).unwrap().0.verification, Some(found.to_string()));
}

#[test]
fn a_copy_of_a_live_journal_holds_what_is_only_written_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let mut store = journal(&path);
    store.append(&[began(1)]).unwrap();
    assert!(std::fs::metadata(beside(&path, "-wal")).unwrap().len() > 0);
    let contents = look_at_copy(&path).unwrap();
    assert_eq!(contents.entries, [began(1)]);
    drop(store);
    assert_eq!(look_at_copy(&path).unwrap().entries, [began(1)]);
}

#[test]
fn a_journal_in_a_folder_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.journal");
    let mut store = journal(&path);
    store.append(&[began(1)]).unwrap();
    drop(store);
    let allow = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let looked = look(&path);
    allow(0o755);
    let (contents, held) = looked.unwrap();
    assert_eq!((contents.entries, held), (vec![began(1)], false));
}
