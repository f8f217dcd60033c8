//! The command line.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sexton_core::address::{Account, Address, Kind, Region};
use sexton_core::time::{Span, Timestamp};
use sexton_engine::Settings;

use crate::files::Place;
use crate::saved::TakenAt;

/// Find garbage among cloud resources that depend on each other, and remove exactly what a reviewed plan names.
#[derive(Debug, Parser)]
#[command(name = "sexton", version, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the providers into an inventory
    Inventory(Inventory),
    /// Decide what goes and in which order; changes nothing
    Plan(Plan),
    /// Show a plan
    Show(Show),
    /// Say why a plan does with a resource what it does
    Explain(Explain),
    /// Say what changed from one plan to another
    Diff(Diff),
    /// Check a plan against its inventory and policy by a second reading of the rules
    Verify(Verify),
    /// Carry out a plan
    Apply(Apply),
    /// Go on with a run that stopped
    Resume(Resume),
    /// Say how a run stands, also while it is under way
    Status(Status),
    /// Print a provider's deletion rules
    Rules(Rules),
    /// Look at a policy by itself
    Policy(Policy),
    /// Print the JSON Schema of a format
    Schema(Schema),
    /// Serve an emulated cloud
    Emulator(Emulator),
    /// Inventory, plan, review and apply against an embedded emulator
    Demo(Demo),
}

#[derive(Debug, Args)]
pub(crate) struct Inventory {
    /// Which providers to list
    #[arg(short, long, value_name = "FILE", default_value = "sexton.toml", conflicts_with = "from_files")]
    pub(crate) config: Place,
    /// Read saved answers of `aliyun ecs` and `aws ec2` and Terraform states from this folder, and call nobody
    #[arg(long, value_name = "DIR")]
    pub(crate) from_files: Option<PathBuf>,
    /// The account of files that do not tell it
    #[arg(long, value_name = "ACCOUNT", requires = "from_files")]
    pub(crate) account: Option<Account>,
    /// The region of files that do not tell it
    #[arg(long, value_name = "REGION", requires = "from_files")]
    pub(crate) region: Option<Region>,
    /// When the provider gave what is in the files; `mtime` for when each was last written
    #[arg(long, value_name = "TIME", requires = "from_files")]
    pub(crate) taken_at: Option<TakenAt>,
    /// Where to write the inventory; `-` is standard output; `.gz` and `.zst` compress
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    pub(crate) output: Place,
}

/// Rulebooks beside those of the providers that the binary knows.
#[derive(Debug, Args)]
pub(crate) struct OwnRules {
    /// A rulebook of a provider that has no crate, as TOML or JSON; may be given again for another
    #[arg(long = "rulebook", value_name = "FILE")]
    pub(crate) files: Vec<Place>,
}

#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// The inventory; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) inventory: Place,
    /// The policy
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Place,
    #[command(flatten)]
    pub(crate) rules: OwnRules,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// The instant at which ages are taken [default: when the inventory was taken]
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,
    /// Where to write the plan document
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<Place>,
    #[command(flatten)]
    pub(crate) look: Look,
    /// Exit with 2 if there are steps, with 7 if candidates are held because something was not listed
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

/// How a plan is shown.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// How to show the plan
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// List every row of a long plan
    #[arg(long)]
    pub(crate) all: bool,
    /// Say of everything in the plan why it goes, stays or is held (text, json, jsonl)
    #[arg(long)]
    pub(crate) explain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// The plan document
    Json,
    /// One object a line
    Jsonl,
    /// Graphviz
    Dot,
    /// Mermaid
    Mermaid,
    /// A page that stands by itself
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The plan
    pub(crate) plan: Place,
    #[command(flatten)]
    pub(crate) rules: OwnRules,
    #[command(flatten)]
    pub(crate) look: Look,
    /// Only resources of this kind; may be given again for another
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Vec<Kind>,
    /// Only what this collect rule has to do with; may be given again for another
    #[arg(long, value_name = "NAME")]
    pub(crate) rule: Vec<String>,
    /// Only what is held or blocked; with --forced, that too
    #[arg(long)]
    pub(crate) held: bool,
    /// Only forced steps; with --held, what is held too
    #[arg(long)]
    pub(crate) forced: bool,
    /// Each step under the one that it waits for last, and what is held under what holds it
    #[arg(long, conflicts_with = "explain")]
    pub(crate) tree: bool,
    /// Only what is around this address: what goes before and after it, what holds it, what it holds
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) around: Option<Address>,
    /// How many links around it
    #[arg(long, value_name = "N", default_value_t = 2, requires = "around")]
    pub(crate) depth: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The plan
    pub(crate) plan: Place,
    /// The resource: provider:account:region:kind/id
    pub(crate) address: Address,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Telling::Text)]
    pub(crate) format: Telling,
    /// Tell a large tree whole
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) rules: OwnRules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Telling {
    /// For people
    Text,
    /// One object
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The first plan
    #[arg(value_name = "A")]
    pub(crate) before: Place,
    /// The second plan
    #[arg(value_name = "B")]
    pub(crate) after: Place,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Comparing::Text)]
    pub(crate) format: Comparing,
    /// List every change
    #[arg(long)]
    pub(crate) all: bool,
    /// Exit with 2 if the plans differ in what they do
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Comparing {
    /// For people
    Text,
    /// One document
    Json,
    /// One object a line
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The plan
    pub(crate) plan: Place,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The plan; `-` is standard input
    pub(crate) plan: Place,
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    /// The providers
    #[arg(short, long, value_name = "FILE", default_value = "sexton.toml")]
    pub(crate) config: Place,
    /// Where to keep the journal [default: the plan's path with .journal]
    #[arg(long, value_name = "FILE")]
    pub(crate) journal: Option<PathBuf>,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

/// What follows a session of a run.
#[derive(Debug, Args)]
pub(crate) struct Watching {
    /// Where to write the events, a line each; `-` is standard output. A resume adds to the file
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<Place>,
    /// Where to keep metrics as a Prometheus text file
    #[arg(long, value_name = "FILE")]
    pub(crate) metrics: Option<PathBuf>,
    /// Show no progress
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// How a session of a run is bounded.
#[derive(Debug, Args)]
pub(crate) struct Pacing {
    /// Begin nothing new once so many steps are refused, failed or unknown, as a number or a share of all [default: 20]
    #[arg(long, value_name = "N|P%", value_parser = failures)]
    pub(crate) max_failures: Option<Failures>,
    /// Run so many removals of each kind to the end before any other
    #[arg(long, value_name = "N")]
    pub(crate) canary: Option<NonZeroU32>,
    /// Begin nothing new after so long, such as 30m; resume goes on
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_duration: Option<Span>,
    /// How old a recheck may be when its removal is called [default: 30s]
    #[arg(long, value_name = "DURATION")]
    pub(crate) recheck_valid_for: Option<Span>,
    /// Where to write the receipt; `-` is standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<Place>,
}

impl Pacing {
    /// How old a recheck may be when its removal is called.
    pub(crate) fn recheck_valid_for(&self) -> Duration {
        self.recheck_valid_for.and_then(Span::to_std).unwrap_or(Settings::default().recheck_valid_for)
    }
}

/// How many failures are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failures {
    Count(u32),
    Percent(u8),
}

fn failures(text: &str) -> Result<Failures, String> {
    let wrong = || format!("expected a number such as 20, or a share from 1% to 100%, found {text:?}");
    match text.strip_suffix('%') {
        Some(share) => {
            let share = share.parse().ok().filter(|share| (1..=100).contains(share));
            share.map(Failures::Percent).ok_or_else(wrong)
        }
        None => text.parse().map(Failures::Count).map_err(|_| wrong()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The journal of the run
    pub(crate) journal: PathBuf,
    /// The providers
    #[arg(short, long, value_name = "FILE", default_value = "sexton.toml")]
    pub(crate) config: Place,
    #[command(flatten)]
    pub(crate) pacing: Pacing,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// The journal of the run; with --replay also its events
    pub(crate) journal: PathBuf,
    /// As one JSON document, with every step
    #[arg(long, conflicts_with = "replay")]
    pub(crate) json: bool,
    /// Show the run as it went, from its journal or from what --events wrote
    #[arg(long)]
    pub(crate) replay: bool,
    /// How many times as fast as it was [default: at once]
    #[arg(long, value_name = "N", requires = "replay", value_parser = speed)]
    pub(crate) speed: Option<f64>,
}

fn speed(text: &str) -> Result<f64, String> {
    let wrong = || format!("expected a number above 0 such as 60, found {text:?}");
    text.parse().ok().filter(|speed: &f64| speed.is_finite() && *speed >= 0.001).ok_or_else(wrong)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RulesFormat {
    /// One document
    Json,
    /// As --rulebook reads it
    Toml,
}

#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// The provider, such as aliyun-ecs
    pub(crate) provider: String,
    /// How to print them
    #[arg(long, value_enum, default_value_t = RulesFormat::Json)]
    pub(crate) format: RulesFormat,
    #[command(flatten)]
    pub(crate) rules: OwnRules,
}

#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    pub(crate) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say all that is wrong with a policy, and what of it can have no effect
    Check(PolicyCheck),
}

#[derive(Debug, Args)]
pub(crate) struct PolicyCheck {
    /// The policy; `-` is standard input
    pub(crate) policy: Place,
    #[command(flatten)]
    pub(crate) rules: OwnRules,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Of what
    #[arg(value_enum)]
    pub(crate) of: SchemaOf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// One line of an inventory
    Inventory,
    /// A policy, its TOML taken as JSON
    Policy,
    /// A plan
    Plan,
    /// One event of a run
    Event,
    /// What became of every step of a run
    Receipt,
}

/// Whose wire protocol is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Service {
    /// Alibaba Cloud ECS
    Ecs,
    /// Live snapshots of Alibaba Cloud ICE
    Ice,
    /// Zenlayer ZEC
    Zec,
    /// AWS EC2; its world is read from a file
    Ec2,
}

#[derive(Debug, Args)]
pub(crate) struct Emulator {
    /// The service
    #[arg(long, value_enum, default_value_t = Service::Ecs)]
    pub(crate) service: Service,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// The world, as an inventory
    #[arg(long, value_name = "FILE", conflicts_with_all = ["generate", "seed"])]
    pub(crate) world: Option<Place>,
    /// Generate a world of about so many resources
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) generate: usize,
    /// The seed of the generated world
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Faults to inject, as TOML, or as JSON where the name ends in .json
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Where the objects of `ice` are [default: a temporary folder]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) objects: Option<PathBuf>,
    /// The region that is served
    #[arg(long, default_value = sexton_emulator::DEFAULT_REGION)]
    pub(crate) region: String,
    /// The account that everything belongs to
    #[arg(long, default_value = sexton_emulator::DEFAULT_ACCOUNT)]
    pub(crate) account: String,
    /// The access key's id [default: sexton-emulator]
    #[arg(long, value_name = "ID", requires = "access_key_secret")]
    pub(crate) access_key_id: Option<String>,
    /// The access key's secret [default: sexton-emulator-secret]
    #[arg(long, value_name = "SECRET", requires = "access_key_id")]
    pub(crate) access_key_secret: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The seed of the emulated world
    #[arg(long, value_name = "S", default_value_t = 7)]
    pub(crate) seed: u64,
}
