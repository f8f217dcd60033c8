//! What is a journal and what is not, who may hold it, and what survives.

use std::path::Path;

use rusqlite::Connection;

use super::*;
use crate::machine::{StepState, Tries};
use crate::outcome::Outcome;
use crate::testing::{document, now, plan, resource, step, time};

fn a_plan(id: &str) -> Plan {
    plan(vec![step(&resource("snapshot", id), &[]), step(&resource("image", id), &[])])
}

fn new_run(plan: &Plan) -> NewRun {
    NewRun {
        run: RunId::new("run-1").unwrap(),
        created_at: now(),
        plan: document(plan),
        verification: Some(serde_json::json!({"verified": true})),
    }
}

fn entries() -> Vec<Entry> {
    let records = [
        Record::SessionBegan { session: 1 },
        Record::Identified { scope: "test:acct:r1".to_owned() },
        Record::Step { step: 0, record: StepRecord::Intent { attempt: 1, call: 1 } },
        Record::Step {
            step: 0,
            record: StepRecord::Ended { outcome: Outcome::Removed { request_id: Some("r-1".to_owned()), with: None } },
        },
        Record::Step { step: 1, record: StepRecord::Intent { attempt: 1, call: 2 } },
    ];
    (1..).zip(records).map(|(seq, record)| Entry { seq, at: now(), record }).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("run.journal")
    }

    /// A journal with some records, closed again.
    fn with_journal() -> Self {
        let folder = Self::new();
        let mut parts = Journal::create(&folder.journal(), &new_run(&a_plan("s"))).unwrap().into_parts();
        parts.store.append(&entries()).unwrap();
        folder
    }
}

fn sql(path: &Path, statement: &str) {
    Connection::open(path).unwrap().execute_batch(statement).unwrap();
}

#[test]
fn what_was_appended_is_there_when_it_is_opened_again() {
    let folder = Folder::with_journal();
    let journal = Journal::open(&folder.journal()).unwrap();
    assert_eq!(journal.run().as_str(), "run-1");
    assert_eq!(**journal.plan(), a_plan("s"));
    assert_eq!(journal.history(), &History::fold(2, &entries()).unwrap());
    let status = JournalReader::new(&folder.journal()).status().unwrap();
    assert_eq!(status.entries, entries());
    assert_eq!(status.verification, Some(serde_json::json!({"verified": true})));
    assert_eq!(status.counts().removed, 1);
    assert_eq!(status.counts().underway, 1);
}

#[test]
fn the_form_of_a_record_is_pinned() {
    let records: Vec<String> = entries().iter().map(|entry| serde_json::to_string(&entry.record).unwrap()).collect();
    assert_eq!(
        records,
        [
            r#"{"session-began":{"session":1}}"#,
            r#"{"identified":{"scope":"test:acct:r1"}}"#,
            r#"{"step":{"step":0,"record":{"intent":{"attempt":1,"call":1}}}}"#,
            r#"{"step":{"step":0,"record":{"ended":{"outcome":{"removed":{"request_id":"r-1","with":null}}}}}}"#,
            r#"{"step":{"step":1,"record":{"intent":{"attempt":1,"call":2}}}}"#,
        ]
    );
}

#[test]
fn a_journal_is_held_by_one_and_read_by_others() {
    let folder = Folder::with_journal();
    let held = Journal::open(&folder.journal()).unwrap();
    assert!(matches!(Journal::open(&folder.journal()), Err(JournalError::InUse { .. })));
    assert!(JournalReader::new(&folder.journal()).status().unwrap().live);
    drop(held);
    assert!(!JournalReader::new(&folder.journal()).status().unwrap().live);
    Journal::open(&folder.journal()).unwrap();
}

#[test]
fn a_journal_is_not_made_where_a_file_is() {
    let folder = Folder::with_journal();
    let error = Journal::create(&folder.journal(), &new_run(&a_plan("s"))).unwrap_err();
    assert!(matches!(error, JournalError::Exists { .. }));
    assert!(Journal::open(&folder.journal()).is_ok(), "what was there is as it was");
}

#[test]
fn a_draft_that_a_crash_left_behind_is_no_obstacle() {
    let folder = Folder::new();
    std::fs::write(folder.0.path().join("run.journal.new"), "half").unwrap();
    assert!(matches!(Journal::open(&folder.journal()), Err(JournalError::Missing { .. })));
    Journal::create(&folder.journal(), &new_run(&a_plan("s"))).unwrap();
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_anything_else() {
    let folder = Folder::new();
    let file = folder.0.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.join("run.journal"), PathBuf::from("/proc/run.journal")] {
        let error = Journal::create(&path, &new_run(&a_plan("s"))).unwrap_err();
        assert!(matches!(error, JournalError::NotWritable { .. }), "{error:?}");
    }
}

#[test]
fn bytes_that_are_no_plan_are_refused() {
    let folder = Folder::new();
    let mut new = new_run(&a_plan("s"));
    new.plan.pop();
    new.plan.pop();
    let error = Journal::create(&folder.journal(), &new).unwrap_err();
    assert!(matches!(error, JournalError::Plan { .. }), "{error:?}");
    assert!(!folder.journal().exists());
}

#[test]
fn what_is_no_journal_is_named_so() {
    let folder = Folder::new();
    let path = folder.journal();
    assert!(matches!(Journal::open(&path), Err(JournalError::Missing { .. })));
    std::fs::write(&path, "this is a text and not a database at all").unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::NotAJournal { .. })));
    std::fs::write(&path, "").unwrap();
    assert!(matches!(Journal::open(&path), Err(JournalError::NotAJournal { .. })));
    std::fs::remove_file(&path).unwrap();
    sql(&path, "CREATE TABLE other(id INTEGER)");
    assert!(matches!(Journal::open(&path), Err(JournalError::NotAJournal { .. })));
    assert!(matches!(JournalReader::new(&path).status(), Err(JournalError::NotAJournal { .. })));
    assert!(matches!(Journal::open(folder.0.path()), Err(JournalError::NotAJournal { .. })));
}

#[test]
fn another_version_is_named() {
    let folder = Folder::with_journal();
    sql(&folder.journal(), "PRAGMA user_version = 9");
    let error = Journal::open(&folder.journal()).unwrap_err();
    assert!(matches!(error, JournalError::Version { found: 9, .. }), "{error:?}");
}

#[test]
fn the_journal_of_another_plan_is_named() {
    let folder = Folder::with_journal();
    let journal = Journal::open(&folder.journal()).unwrap();
    journal.require_plan(&a_plan("s").digest).unwrap();
    let error = journal.require_plan(&a_plan("t").digest).unwrap_err();
    assert!(matches!(error, JournalError::OtherPlan { .. }));
}

#[test]
fn a_torn_file_is_damaged() {
    let folder = Folder::with_journal();
    drop(Journal::open(&folder.journal()).unwrap());
    let bytes = std::fs::read(folder.journal()).unwrap();
    std::fs::write(folder.journal(), &bytes[..bytes.len() / 2]).unwrap();
    let error = Journal::open(&folder.journal()).unwrap_err();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error:?}");
}

#[test]
fn records_that_make_no_run_are_refused() {
    let cases = [
        ("DELETE FROM records WHERE seq = 3", "record 3 is missing: the next is 4"),
        ("UPDATE records SET seq = 6 WHERE seq = 5", "record 5 is missing: the next is 6"),
        (
            r#"UPDATE records SET record = '{"step":{"step":7,"record":"still-there"}}' WHERE seq = 5"#,
            "record 5 speaks of step 7, and the plan has 2",
        ),
        (
            r#"UPDATE records SET record = '{"step":{"step":1,"record":"still-there"}}' WHERE seq = 5"#,
            "record 5 cannot follow those before it",
        ),
    ];
    for (statement, wanted) in cases {
        let folder = Folder::with_journal();
        sql(&folder.journal(), statement);
        let JournalError::Records { source, .. } = Journal::open(&folder.journal()).unwrap_err() else {
            panic!("{statement}")
        };
        assert_eq!(source.to_string(), wanted);
    }
}

#[test]
fn a_step_stands_where_its_last_record_has_put_it() {
    let tries = |unsure| Tries { count: 1, unsure };
    let intent = || StepRecord::Intent { attempt: 1, call: 1 };
    let trouble = || Trouble { class: None, code: None, message: "no".to_owned(), request_id: None };
    let unknown = || Outcome::Unknown { message: "not seen".to_owned() };
    let request_id = || Some("r-1".to_owned());
    let cases = [
        (vec![intent()], StepState::Called(tries(false))),
        (vec![intent(), StepRecord::NotSent], StepState::Waiting(tries(false))),
        (vec![intent(), StepRecord::NoEffect { trouble: trouble() }], StepState::Waiting(tries(false))),
        (
            vec![intent(), StepRecord::Accepted { request_id: request_id() }],
            StepState::Accepted { tries: tries(false), request_id: request_id() },
        ),
        (vec![intent(), StepRecord::Unsettled { trouble: trouble() }], StepState::Unsettled(tries(false))),
        (
            vec![intent(), StepRecord::Unsettled { trouble: trouble() }, StepRecord::StillThere],
            StepState::Waiting(tries(true)),
        ),
        (
            vec![intent(), StepRecord::Ended { outcome: unknown() }],
            StepState::Ended { tries: tries(false), outcome: unknown() },
        ),
        (
            vec![intent(), StepRecord::Ended { outcome: unknown() }, StepRecord::Reopened],
            StepState::Unsettled(tries(false)),
        ),
    ];
    for (records, state) in cases {
        let at = |seq| time(&format!("2026-11-21T00:00:0{seq}Z"));
        let entries: Vec<Entry> = (1..)
            .zip(records)
            .map(|(seq, record)| Entry { seq, at: at(seq), record: Record::Step { step: 1, record } })
            .collect();
        let history = History::fold(2, &entries).unwrap();
        let last = entries.last().map(|entry| entry.at);
        assert_eq!(history.steps[1], StepHistory { state, at: last });
        assert_eq!(history.steps[0], StepHistory { state: StepState::NEW, at: None });
        assert_eq!((history.began_at, history.last_at), (Some(at(1)), last));
    }
}

#[test]
fn a_session_is_as_its_last_record_says_and_the_next_begins_anew() {
    let records = [
        (Record::SessionBegan { session: 1 }, (1, false, None)),
        (Record::Paused, (1, true, None)),
        (Record::Unpaused, (1, false, None)),
        (Record::Paused, (1, true, None)),
        (Record::SessionEnded { session: 1, complete: false }, (1, true, Some(false))),
        (Record::SessionBegan { session: 2 }, (2, false, None)),
        (Record::SessionEnded { session: 2, complete: true }, (2, false, Some(true))),
    ];
    let mut history = History::new(0);
    for (seq, (record, wanted)) in (1..).zip(records) {
        history.apply(&Entry { seq, at: now(), record }).unwrap();
        assert_eq!((history.sessions, history.paused, history.ended), wanted, "after record {seq}");
    }
}

#[test]
fn a_plan_or_a_record_that_was_altered_is_refused() {
    let cases = [
        "UPDATE records SET record = 'nonsense' WHERE seq = 2",
        "UPDATE records SET at = 'yesterday' WHERE seq = 2",
        "UPDATE run SET plan_digest = 'blake3:0'",
        "UPDATE run SET run = ''",
        "DELETE FROM run",
    ];
    for statement in cases {
        let folder = Folder::with_journal();
        sql(&folder.journal(), statement);
        let error = Journal::open(&folder.journal()).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "{statement}: {error:?}");
    }
    let folder = Folder::with_journal();
    sql(
        &folder.journal(),
        "UPDATE run SET plan = CAST(replace(CAST(plan AS TEXT), 'Available', 'Obtainable') AS BLOB)",
    );
    let error = Journal::open(&folder.journal()).unwrap_err();
    assert!(matches!(error, JournalError::Plan { .. }), "{error:?}");
}

#[test]
fn an_append_is_all_or_nothing() {
    let folder = Folder::with_journal();
    let mut parts = Journal::open(&folder.journal()).unwrap().into_parts();
    let entry = |seq| Entry { seq, at: now(), record: Record::SessionBegan { session: 2 } };
    parts.store.append(&[entry(6), entry(6)]).unwrap_err();
    drop(parts);
    assert_eq!(Journal::open(&folder.journal()).unwrap().history().last_seq, 5);
}

#[test]
fn a_draft_that_is_never_finished_leaves_nothing_behind() {
    let folder = Folder::new();
    let entries = || std::fs::read_dir(folder.journal().parent().unwrap()).unwrap().count();
    let draft = JournalDraft::write(&folder.journal(), &new_run(&a_plan("s"))).unwrap();
    assert!(!folder.journal().exists());
    let error = JournalDraft::write(&folder.journal(), &new_run(&a_plan("s"))).unwrap_err();
    assert!(matches!(error, JournalError::InUse { .. }), "{error}");
    drop(draft);
    assert_eq!(entries(), 0);
    let found = serde_json::json!({"verified": 1});
    let draft = JournalDraft::write(&folder.journal(), &new_run(&a_plan("s"))).unwrap();
    drop(draft.finish(Some(&found)).unwrap());
    assert_eq!(JournalReader::new(&folder.journal()).status().unwrap().verification, Some(found));
}
