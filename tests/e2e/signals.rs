//! A run that is told something while it is under way: to pause, to go on, to stop; and looked at meanwhile.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sexton_engine::StepReport;
use sexton_engine::journal::{JournalReader, RunStatus};
use sexton_engine::machine::StepState;

use crate::scene::{APPLY, Ran, Scene, TWO_RULES, exactly_the_planned_is_gone, exists};

/// Slow enough to be spoken to.
const SLOW: &str = "[[latency]]\noperation = \"Delete*\"\nmin_ms = 200\nmax_ms = 400\n";

/// The first three images' deletions are not answered for longer than any test takes; the first is made all the same.
const HANGING: &str = r#"
[[fault]]
operation = "DeleteImage"
when = { calls = [1] }
answer = { hang = { ms = 60000, after_effect = true } }

[[fault]]
operation = "DeleteImage"
when = { calls = [2, 3] }
answer = { hang = { ms = 60000 } }
"#;

/// The binary while it carries out a plan; killed with the value.
struct Applying {
    child: Option<Child>,
}

impl Applying {
    fn begin(scene: &Scene) -> Self {
        let child = scene.command(&APPLY).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child: Some(child) }
    }

    fn signal(&self, name: &str) {
        let id = self.child.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    fn ends(mut self) -> Ran {
        Ran::of(&self.child.take().unwrap().wait_with_output().unwrap())
    }
}

impl Drop for Applying {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

fn scene(faults: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.toml");
    std::fs::write(&path, faults).unwrap();
    let scene = Scene::new(&["--generate", "80", "--seed", "9", "--faults", path.to_str().unwrap()]);
    scene.write("policy.toml", TWO_RULES);
    scene
}

#[track_caller]
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn status(scene: &Scene) -> Option<RunStatus> {
    let journal = scene.path("plan.json.journal");
    exists(&journal).then(|| JournalReader::new(&journal).status().ok()).flatten()
}

#[test]
fn a_pause_sends_nothing_new_and_the_run_goes_on_after_it() {
    let scene = scene(SLOW);
    let plan = scene.plan();
    let before = scene.emulator().state();
    let run = Applying::begin(&scene);
    soon("three steps have ended", || status(&scene).is_some_and(|status| status.counts().done() >= 3));

    let said = scene.run(&["status", "plan.json.journal"]).exits(0).out;
    assert!(said.contains(": running."), "{said}");

    run.signal("USR1");
    soon("the pause stands in the journal", || status(&scene).is_some_and(|status| status.history.paused));
    // Calls that were on their way when the signal came are in the emulator's log by now.
    std::thread::sleep(Duration::from_millis(200));
    let calls = scene.emulator().removals().len();
    std::thread::sleep(Duration::from_secs(1));
    // Intents that were durable when the pause came wait for its end as called.
    let settles = |step: &StepReport| matches!(step.state, StepState::Accepted { .. } | StepState::Unsettled(_));
    soon("what was begun is settled", || status(&scene).is_some_and(|status| !status.steps().iter().any(settles)));
    assert_eq!(scene.emulator().removals().len(), calls, "removals were asked for during a pause");

    let document = scene.run(&["status", "plan.json.journal", "--json"]).exits(0).out;
    let document: Value = serde_json::from_str(&document).unwrap();
    assert_eq!((&document["phase"], &document["live"]), (&"paused".into(), &true.into()));
    assert_eq!(document["plan"], plan.digest.as_str());
    assert_eq!(document["steps"].as_array().unwrap().len(), plan.steps.len());
    assert!(document["counts"]["left"].as_u64().unwrap() > 0, "{}", document["counts"]);
    the_status_is_read_where_nothing_can_be_written(&scene, &document["counts"]);

    run.signal("USR2");
    let ran = run.ends().exits(0).says("paused: nothing new is begun until SIGUSR2").says("going on");
    assert!(ran.out.contains(&format!("{0} removed of {0} steps", plan.steps.len())), "{}", ran.out);
    assert!(scene.emulator().removals().len() > calls);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
    let said = scene.run(&["status", "plan.json.journal"]).exits(0).out;
    assert!(said.contains(": complete."), "{said}");
}

/// A copy of a paused run's journal, in a folder without permission to write. Root may write all the same; then this
/// shows only that a copy is read and stays as it is.
fn the_status_is_read_where_nothing_can_be_written(scene: &Scene, counts: &Value) {
    let folder = scene.path("archive");
    std::fs::create_dir(&folder).unwrap();
    let mut copied = BTreeMap::new();
    for suffix in ["", "-wal"] {
        let name = format!("plan.json.journal{suffix}");
        std::fs::copy(scene.path(&name), folder.join(&name)).unwrap();
        std::fs::set_permissions(folder.join(&name), PermissionsExt::from_mode(0o444)).unwrap();
        copied.insert(name.clone(), std::fs::read(folder.join(&name)).unwrap());
    }
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o555)).unwrap();
    let document = scene.run(&["status", "archive/plan.json.journal", "--json"]).exits(0).out;
    let document: Value = serde_json::from_str(&document).unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    assert_eq!(&document["counts"], counts);
    assert_eq!(document["live"], false, "nobody holds the copy");
    for suffix in ["", "-wal"] {
        let name = format!("plan.json.journal{suffix}");
        assert!(std::fs::read(folder.join(&name)).unwrap() == copied[&name], "{name} was written to");
    }
}

/// Waits for a line of standard error that holds this.
fn hears(lines: &mut impl Iterator<Item = std::io::Result<String>>, what: &str) {
    assert!(lines.any(|line| line.unwrap().contains(what)), "it never says {what:?}");
}

#[test]
fn an_interrupt_at_the_question_leaves_nothing_behind() {
    let scene = scene("");
    scene.plan();
    for signal in ["INT", "TERM"] {
        // The upper end of a terminal that nobody writes to: a terminal to ask at.
        let terminal = File::options().read(true).write(true).open("/dev/ptmx").unwrap();
        let arguments = &APPLY[..APPLY.len() - 1];
        let mut asked = scene.command(arguments).stdin(terminal).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(asked.stderr.take().unwrap()).lines();
        hears(&mut lines, "Only `yes` carries it out");
        assert!(exists(&scene.path("plan.json.journal.new")));
        assert!(Command::new("kill").args([format!("-{signal}"), asked.id().to_string()]).status().unwrap().success());
        hears(&mut lines, "interrupted before anything was begun");
        assert_eq!(asked.wait().unwrap().code(), Some(1));
        let left: Vec<_> =
            std::fs::read_dir(scene.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| !name.to_string_lossy().contains("journal")), "{left:?}");
        assert_eq!(scene.emulator().removals().len(), 0);
    }
}

#[test]
fn a_second_interrupt_ends_the_process_at_once_and_a_resume_reads_what_became_of_its_calls() {
    let scene = scene(HANGING);
    let plan = scene.plan();
    let before = scene.emulator().state();
    let mut run = Applying::begin(&scene);
    let asked =
        |scene: &Scene| scene.emulator().removals().iter().filter(|call| call.what.starts_with("image/")).count();
    soon("three deletions hang", || asked(&scene) >= 3);
    run.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    assert!(run.child.as_mut().unwrap().try_wait().unwrap().is_none(), "calls under way are finished first");
    let again = Instant::now();
    run.signal("INT");
    let ran = run.ends();
    assert!(again.elapsed() < Duration::from_secs(2), "{:?}", again.elapsed());
    ran.exits(130).says("stopping: nothing new is begun").says("stopped at once");
    let left = status(&scene).unwrap();
    assert!(!left.live && left.counts().underway > 0, "{:?}", left.counts());

    scene.run(&["resume", "plan.json.journal"]).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}
