//! An emulator, a folder with a configuration, and the binary to run in it. Nothing of the caller's environment.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::Plan;

/// A binary in a folder of its own.
pub(crate) struct Scene {
    pub(crate) folder: tempfile::TempDir,
    emulator: Emulator,
}

/// An emulator process; it ends with the value.
pub(crate) struct Emulator {
    child: Child,
    pub(crate) url: String,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Emulator {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sexton"))
            .args(["emulator", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let listening: Value = serde_json::from_str(&line).unwrap();
        Self { child, url: listening["listening"].as_str().unwrap().to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> String {
        let host = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    pub(crate) fn state(&self) -> Inventory {
        inventory::read(self.get("/_emulator/state").as_bytes()).unwrap()
    }

    /// The calls of an operation, as they were written down.
    pub(crate) fn calls_of(&self, operation: &str) -> Vec<Value> {
        let calls = self.get("/_emulator/calls");
        let calls = calls.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        calls.filter(|call| call["operation"] == operation).collect()
    }

    /// The calls that could have removed something, as (address of what they remove, status, code).
    pub(crate) fn removals(&self) -> Vec<Removal> {
        self.get("/_emulator/calls")
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .flat_map(|call| {
                let parameters = call["parameters"].as_object().unwrap().clone();
                let text = |name: &str| parameters.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let removed: Vec<String> = match call["operation"].as_str().unwrap() {
                    "DeleteSnapshot" => vec![format!("snapshot/{}", text("SnapshotId"))],
                    "DeleteImage" => vec![format!("image/{}", text("ImageId"))],
                    "DeleteDisk" => vec![format!("disk/{}", text("DiskId"))],
                    "DeleteInstance" => vec![format!("instance/{}", text("InstanceId"))],
                    "CancelTask" => vec![format!("task/{}", text("TaskId"))],
                    "ModifyImageSharePermission" if parameters.contains_key("IsPublic") => {
                        vec![format!("publication/{}/public", text("ImageId"))]
                    }
                    "ModifyImageSharePermission" | "ModifyImageShareGroupPermission" => parameters
                        .iter()
                        .filter(|(name, _)| name.starts_with("Remove"))
                        .map(|(_, value)| format!("share/{}/{}", text("ImageId"), value.as_str().unwrap()))
                        .collect(),
                    _ => Vec::new(),
                };
                let (status, code) = (call["status"].as_u64(), call["code"].as_str().map(str::to_owned));
                removed.into_iter().map(move |what| Removal { what, status, code: code.clone() })
            })
            .collect()
    }
}

/// A call that asked for the removal of one resource.
#[derive(Debug, Clone)]
pub(crate) struct Removal {
    /// `kind/id`.
    pub(crate) what: String,
    /// None while there is no answer yet.
    pub(crate) status: Option<u64>,
    pub(crate) code: Option<String>,
}

impl Scene {
    pub(crate) fn new(emulator: &[&str]) -> Self {
        let emulator = Emulator::start(emulator);
        let scene = Self { folder: tempfile::tempdir().unwrap(), emulator };
        scene.write("sexton.toml", &config(&scene.emulator.url, "cn-hangzhou"));
        scene
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The binary, in the folder, with the emulator's keys and nothing else in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sexton"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("SEXTON_STATE_DIR", self.path("state"))
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", "sexton-emulator")
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "sexton-emulator-secret")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    /// Lists and plans into `inv.jsonl` and `plan.json`.
    pub(crate) fn plan(&self) -> Plan {
        self.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
        self.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
        self.both_are_what_their_schemas_say();
        self.read_plan("plan.json")
    }

    /// Every inventory and plan that a scene makes is held against what `sexton schema` prints.
    fn both_are_what_their_schemas_say(&self) {
        let check = |of: &str, text: &str| {
            let schema = serde_json::from_str(&self.run(&["schema", of]).exits(0).out).unwrap();
            let schema = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
            let value: Value = serde_json::from_str(text).unwrap();
            let items = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
            for item in items {
                let errors: Vec<String> =
                    schema.iter_errors(item).map(|error| format!("{}: {error}", error.instance_path())).collect();
                assert_eq!(errors, [""; 0], "{of}: {item}");
            }
        };
        let lines: Vec<String> = self.read("inv.jsonl").lines().map(str::to_owned).collect();
        check("inventory", &format!("[{}]", lines.join(",")));
        check("plan", &self.read("plan.json"));
    }

    pub(crate) fn read_plan(&self, name: &str) -> Plan {
        Plan::read(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }
}

pub(crate) fn config(url: &str, region: &str) -> String {
    format!(
        "version = 1\n[[provider]]\ntype = \"aliyun-ecs\"\nname = \"emulated\"\nregions = [\"{region}\"]\nendpoint = \"{url}\"\n"
    )
}

pub(crate) const APPLY: [&str; 7] =
    ["apply", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--yes"];

/// The two rules of a platform team that cleans up its images.
pub(crate) const TWO_RULES: &str = r#"version = 1

[limits]
max_steps = 10000
max_percent = 100
max_drawn = 10000

[[collect]]
name = "old-images"
kind = "image"
when = "age > duration('720h') && dependents.instance == 0"
cascade = ["share", "publication", "task"]
orphans = ["snapshot"]
wait = "2m"

[[collect]]
name = "old-builds"
kind = "image"
when = "age > duration('720h') && name.startsWith('build-')"
cascade = ["share", "publication", "task"]
orphans = ["snapshot"]
wait = "2m"
"#;

/// What a command printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, what: &str) -> Self {
        assert!(self.err.contains(what), "{:?} does not say {what:?}", self.err);
        self
    }
}

/// The addresses of an inventory.
pub(crate) fn addresses(inventory: &Inventory) -> BTreeSet<String> {
    inventory.resources().map(|resource| resource.address().to_string()).collect()
}

/// The addresses that a plan removes.
pub(crate) fn planned(plan: &Plan) -> BTreeSet<String> {
    plan.steps.iter().map(|step| step.address.to_string()).collect()
}

/// The `kind/id` of an address.
pub(crate) fn short(address: &str) -> String {
    address.splitn(4, ':').nth(3).unwrap().to_owned()
}

#[track_caller]
pub(crate) fn exactly_the_planned_is_gone(before: &Inventory, after: &Inventory, plan: &Plan) {
    let gone: BTreeSet<String> = addresses(before).difference(&addresses(after)).cloned().collect();
    assert_eq!(gone, planned(plan));
    assert!(addresses(after).is_subset(&addresses(before)));
}

pub(crate) fn exists(path: &Path) -> bool {
    path.try_exists().unwrap()
}
