//! EC2 as moto serves it, a world made and looked at through boto3: a server and a client that we did not write.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::scene::{APPLY, Ran, planned, short};

/// The Python that has moto and boto3, of `tests/sdk/moto-requirements.txt`.
const PYTHON: &str = "SEXTON_MOTO_PYTHON";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/sdk/ec2_moto.py");

/// What is tagged `dev` goes unless something that stays holds it.
const POLICY: &str = r#"version = 1

[limits]
max_steps = 1000
max_percent = 100
max_drawn = 1000
[limits.kind.instance]
max_steps = 10
[limits.kind.disk]
max_steps = 10

[[protect]]
name = "golden"
when = "has(tags.env) && tags.env == 'prod'"

[[collect]]
name = "images"
kind = "image"
where = "tags.env == 'dev'"
cascade = ["share", "publication"]
orphans = [{ kind = "snapshot", when = "attrs.description.startsWith('Auto-created snapshot for AMI')" }]
wait = "1m"

[[collect]]
name = "snapshots"
kind = "snapshot"
where = "tags.env == 'dev'"
cascade = ["share", "publication"]

[[collect]]
name = "instances"
kind = "instance"
where = "tags.env == 'dev'"
cascade = ["disk"]

[[collect]]
name = "volumes"
kind = "disk"
where = "tags.env == 'dev'"

[[assume_none]]
kind = "snapshot-lock"
reason = "moto knows no locks"
"#;

/// moto in a process of its own; it ends with the value.
struct Moto {
    child: Child,
    python: std::ffi::OsString,
    url: String,
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Moto {
    fn start() -> Self {
        let python = std::env::var_os(PYTHON).unwrap_or_else(|| panic!("set {PYTHON}; .ci/run does"));
        // Free a moment ago: nothing else on a test's machine takes ports by number.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child =
            Command::new(&python).args([SCRIPT, "serve", &port.to_string()]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let listening: Value = serde_json::from_str(&line).unwrap();
        Self { child, python, url: listening["listening"].as_str().unwrap().to_owned() }
    }

    fn script(&self, command: &str, further: &[&str]) -> Value {
        let output = Command::new(&self.python).args([SCRIPT, command, &self.url]).args(further).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }

    /// What boto3 sees, as `kind/id`.
    fn listed(&self) -> BTreeSet<String> {
        texts(&self.script("list", &[]))
    }
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(moto: &Moto) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let config = format!(
            "version = 1\n[[provider]]\ntype = \"aws-ec2\"\nname = \"moto\"\nregions = [\"eu-west-1\"]\nendpoint = \"{}\"\n",
            moto.url
        );
        std::fs::write(folder.0.path().join("sexton.toml"), config).unwrap();
        std::fs::write(folder.0.path().join("policy.toml"), POLICY).unwrap();
        folder
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sexton"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_clear()
            .env("HOME", self.0.path())
            .env("SEXTON_STATE_DIR", self.0.path().join("state"))
            .env("AWS_ACCESS_KEY_ID", "moto-key")
            .env("AWS_SECRET_ACCESS_KEY", "moto-secret")
            .stdin(Stdio::null());
        let ran = Ran::of(&command.output().unwrap());
        assert!(!ran.out.contains("moto-secret") && !ran.err.contains("moto-secret"), "{ran:?}");
        ran
    }

    fn census(&self) -> Vec<(String, bool)> {
        let inventory = std::fs::read_to_string(self.0.path().join("inv.jsonl")).unwrap();
        inventory
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter_map(|line| {
                let census = line.get("census")?;
                Some((census["kind"].as_str().unwrap().to_owned(), census["complete"].as_bool().unwrap()))
            })
            .collect()
    }

    fn plan(&self) -> sexton_core::plan::Plan {
        self.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
        sexton_core::plan::Plan::read(&std::fs::read(self.0.path().join("plan.json")).unwrap()).unwrap()
    }
}

#[test]
#[ignore = "needs Python with moto and boto3, which .ci/run installs"]
fn a_world_in_moto_is_cleaned_of_exactly_what_was_planned() {
    let moto = Moto::start();
    let world = moto.script("create", &[]);
    let before = moto.listed();
    let (gone, stays) = (texts(&world["gone"]), texts(&world["stays"]));
    assert_eq!(gone.union(&stays).cloned().collect::<BTreeSet<_>>(), before);

    let folder = Folder::new(&moto);
    let listing = folder.run(&["inventory", "-o", "inv.jsonl"]);
    let incomplete: Vec<String> =
        folder.census().into_iter().filter(|(_, complete)| !complete).map(|(kind, _)| kind).collect();
    assert_eq!(incomplete, ["recycle-bin-rule", "snapshot-lock"], "{listing:?}");

    let plan = folder.plan();
    let steps: BTreeSet<String> = planned(&plan).iter().map(|address| short(address)).collect();
    assert_eq!(steps, gone);
    let verify = ["verify", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml"];
    folder.run(&verify).exits(0);
    folder.run(&APPLY).exits(0);

    let after = moto.listed();
    assert_eq!(before.difference(&after).cloned().collect::<BTreeSet<_>>(), gone);
    assert_eq!(after, stays);

    folder.run(&["inventory", "-o", "inv.jsonl"]);
    assert!(folder.plan().steps.is_empty(), "nothing is left to plan");
}

#[test]
#[ignore = "needs Python with moto and boto3, which .ci/run installs"]
fn a_listing_that_moto_cuts_off_is_not_complete() {
    let moto = Moto::start();
    moto.script("templates", &["210"]);
    let folder = Folder::new(&moto);
    folder.run(&["inventory", "-o", "inv.jsonl"]).says("there may be more");
    assert!(folder.census().contains(&("launch-template".to_owned(), false)));
    assert!(folder.census().contains(&("launch-configuration".to_owned(), true)));
}
