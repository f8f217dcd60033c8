//! `sexton demo`: an emulated region on loopback, from inventory to proof. Asks nothing, and touches nothing else.

use sexton_core::harmless::escaped;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use sexton_aliyun::{
    CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion,
};
use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::{Plan, Step};
use sexton_core::planner;
use sexton_core::policy::Policy;
use sexton_emulator::{Emulator, EmulatorConfig, Generate, World};
use sexton_engine::RunId;
use sexton_engine::driver::{SystemClock, WallClock};
use sexton_engine::journal::{Journal, NewRun};
use sexton_provider::{Answer, Provider, RemovalCall, RemovalTarget};

use super::run::{Session, run as run_session};
use super::runtime;
use crate::arguments::Demo as Arguments;
use crate::config::rulebooks;
use crate::connect::Connected;
use crate::failure::{Done, Failure, chained};
use crate::report;
use crate::report::outcome::Results;
use crate::watch::Watch;

/// What the demonstration collects: old images that no instance needs, with what hangs on them, and the snapshots that
/// nothing needs any more.
const POLICY: &str = r#"version = 1

[limits]
max_percent = 60

[[protect]]
name = "kept-by-tag"
when = "tags.keep == 'true'"

[[collect]]
name = "old-images"
kind = "image"
where = "dependents.instance == 0"
when = "age > duration('2160h')"
retain = { last = 2 }
cascade = ["share", "publication", "task"]
orphans = ["snapshot"]
wait = "2m"
"#;

/// How many resources the emulated region has, about.
const RESOURCES: usize = 90;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    runtime()?.block_on(demonstrate(arguments))
}

async fn demonstrate(arguments: &Arguments) -> Result<Done, Failure> {
    let (emulator, connected) = open(arguments).await?;
    let folder = tempfile::tempdir().map_err(|error| Failure::new(format!("cannot make a folder: {error}")))?;

    heading("1. Inventory")?;
    let inventory = super::inventory::list(std::slice::from_ref(&connected)).await?;
    tell(&format!(
        "{} resources, {} kinds listed completely, as of {}",
        inventory.len(),
        inventory.census().lines().count(),
        inventory.taken_at()
    ))?;

    heading("2. Plan")?;
    tell(&format!("by this policy:\n\n{POLICY}"))?;
    let policy = Policy::parse(POLICY).map_err(|error| Failure::new(error.to_string()))?;
    let plan = planner::plan(&inventory, &rulebooks(), &policy, None).map_err(|error| Failure::chain(&error))?;
    let mut shown = Vec::new();
    report::plan::text(&report::view::View::whole(&plan), report::plan::Rows::Sampled, &mut shown)?;
    anstream::stdout().write_all(&shown)?;

    heading("3. What a naive script does: delete the snapshot first")?;
    let refused = naive(&plan, connected.provider.as_ref()).await?;
    tell(&refused)?;

    heading("4. Apply")?;
    let before = world(&emulator).await?;
    let receipt = apply(&plan, connected, folder.path()).await?;
    report::outcome::show(&plan, &receipt, Results::StandardOutput)?;
    if !receipt.complete {
        return Err(Failure::new("the run did not remove everything that the plan names"));
    }

    heading("5. Proof, from the emulator's own state")?;
    let proof = prove(&plan, &before, &world(&emulator).await?)?;
    tell(&proof)?;
    emulator.shutdown(Duration::from_secs(2)).await;
    Ok(Done::Clean)
}

fn heading(text: &str) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "\n== {text}\n")?)
}

fn tell(text: &str) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "{text}")?)
}

/// Starts the emulator and a client of it, with keys that open nothing else.
async fn open(arguments: &Arguments) -> Result<(Emulator, Connected), Failure> {
    let world = World::generate(&Generate {
        resources: RESOURCES,
        seed: arguments.seed,
        account: sexton_emulator::DEFAULT_ACCOUNT.to_owned(),
        region: sexton_emulator::DEFAULT_REGION.to_owned(),
        now: SystemClock.now().to_jiff(),
    })
    .map_err(|error| Failure::chain(&error))?;
    let loopback = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let emulator =
        Emulator::start(EmulatorConfig::new(loopback), world).await.map_err(|error| Failure::chain(&error))?;
    let listening = emulator.listening();
    tell(&format!("An emulated ECS region listens on {} (account {}).", listening.listening, listening.account))?;
    let region = sexton_emulator::DEFAULT_REGION.parse().map_err(Failure::new)?;
    let provider = EcsProvider::connect(EcsConfig {
        name: "demo".to_owned(),
        regions: RegionChoice::Named(vec![region]),
        endpoint: Some(listening.listening.clone()),
        credentials: CredentialSource::Given(Credentials::new(
            &listening.access_key_id,
            &listening.access_key_secret,
            None,
        )),
        signature: SignatureVersion::V3,
        bootstrap: None,
        listings_serve_for: LISTINGS_SERVE_FOR,
    })
    .map_err(|error| Failure::chain(&error))?;
    Ok((emulator, Connected { name: "demo".to_owned(), provider: Arc::new(provider) }))
}

/// Asks for a snapshot's deletion while its image is still there.
async fn naive(plan: &Plan, provider: &dyn Provider) -> Result<String, Failure> {
    let first_needs_an_image = |step: &&Step| {
        step.address.kind() == "snapshot"
            && step.after.iter().any(|before| {
                usize::try_from(*before)
                    .ok()
                    .and_then(|before| plan.steps.get(before))
                    .is_some_and(|before| before.address.kind() == "image")
            })
    };
    let step = plan
        .steps
        .iter()
        .find(first_needs_an_image)
        .ok_or_else(|| Failure::new("this world has no snapshot below an image: try another --seed"))?;
    let call = RemovalCall {
        operation: step.operation.clone(),
        targets: vec![RemovalTarget { address: step.address.clone(), force: Vec::new(), seen: None }],
        options: step.options.clone(),
    };
    let answers = provider.remove(&call).await;
    match answers.as_slice() {
        [Answer::Refused(refusal)] => Ok(format!(
            "{} {} was refused: {}: {}",
            escaped(&step.operation),
            escaped(step.address.id()),
            escaped(&refusal.code),
            escaped(&refusal.message)
        )),
        other => Err(Failure::new(format!(
            "the emulator did not refuse to delete a snapshot that an image needs: {other:?}"
        ))),
    }
}

async fn apply(plan: &Plan, connected: Connected, folder: &std::path::Path) -> Result<sexton_engine::Receipt, Failure> {
    let mut document = Vec::new();
    plan.write(&mut document).map_err(|error| Failure::chain(&error))?;
    let new = NewRun {
        run: RunId::new("demo").map_err(|error| Failure::chain(&error))?,
        created_at: SystemClock.now(),
        plan: document,
        verification: None,
    };
    let journal = Journal::create(&folder.join("plan.json.journal"), &new).map_err(|error| Failure::chain(&error))?;
    let session = Session::with_state(journal, vec![connected], &folder.join("state"))?;
    run_session(session, Watch::display()).await.map_err(|error| Failure::new(chained(&error)))
}

async fn world(emulator: &Emulator) -> Result<Inventory, Failure> {
    let text = emulator.state().await.map_err(|error| Failure::chain(&error))?;
    inventory::read(text.as_bytes()).map_err(|error| Failure::chain(&error))
}

/// Exactly the planned resources are gone.
fn prove(plan: &Plan, before: &Inventory, after: &Inventory) -> Result<String, Failure> {
    let names = |inventory: &Inventory| -> BTreeSet<String> {
        inventory.resources().map(|resource| resource.address().to_string()).collect()
    };
    let (before, after) = (names(before), names(after));
    let gone: BTreeSet<String> = before.difference(&after).cloned().collect();
    let planned: BTreeSet<String> = plan.steps.iter().map(|step| step.address.to_string()).collect();
    if let Some(unplanned) = gone.difference(&planned).next() {
        return Err(Failure::new(format!("{unplanned} is gone, and the plan does not name it")));
    }
    if let Some(left) = planned.difference(&gone).next() {
        return Err(Failure::new(format!("{left} is still there, and the plan names it")));
    }
    Ok(format!("Exactly the {} planned resources are gone; the other {} are untouched.", gone.len(), after.len()))
}
