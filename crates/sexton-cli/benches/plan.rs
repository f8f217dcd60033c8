//! What the parts of planning cost, each by itself: reading, planning, verifying, writing, reading back, explaining; on
//! inventories of realistic shape and on worlds that are hard for one part of it.
//!
//! `cargo bench -p sexton-cli --bench plan`. The whole process is measured by `docs/benchmarks/plan.sh`.

use std::num::NonZeroUsize;

use divan::Bencher;
use divan::counter::ItemsCount;
use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::Plan;
use sexton_core::policy::Policy;
use sexton_core::rulebook::Rulebook;
use sexton_core::verify::{self, Conditions, Grounds, Seal};
use sexton_core::{explain, planner};
use sexton_testkit::scale::{Scale, Shape};

const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
const HARD: [&str; 4] = ["one-snapshot-under-many-images", "deep-chain", "one-blocker", "alternating"];

fn main() {
    divan::main();
}

fn scale(shape: &str, resources: u64) -> Scale {
    let shape = Shape::named(shape).expect("the name of a world");
    Scale { shape, ..Scale::fleet(resources, 1) }
}

fn lines(scale: &Scale) -> Vec<u8> {
    let mut bytes = Vec::new();
    scale.write(&mut bytes).expect("memory takes every byte");
    bytes
}

/// An inventory with its policy and rulebooks.
struct World {
    inventory: Inventory,
    policy: Policy,
    rulebooks: Vec<Rulebook>,
}

impl World {
    fn new(scale: &Scale) -> Self {
        Self {
            inventory: inventory::read(lines(scale).as_slice()).expect("what was written can be read"),
            policy: Policy::parse(&scale.policy()).expect("the policy has no fault"),
            rulebooks: vec![sexton_aliyun::ecs_rulebook()],
        }
    }

    fn fleet(resources: u64) -> Self {
        Self::new(&Scale::fleet(resources, 1))
    }

    fn propose(&self) -> Plan {
        planner::propose(&self.inventory, &self.rulebooks, &self.policy, None, NonZeroUsize::MIN)
            .expect("there is a plan")
    }

    fn grounds(&self) -> Grounds<'_> {
        Grounds { inventory: &self.inventory, rulebooks: &self.rulebooks, policy: &self.policy }
    }
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn read(bencher: Bencher<'_, '_>, resources: u64) {
    let bytes = lines(&Scale::fleet(resources, 1));
    bencher
        .counter(ItemsCount::new(resources))
        .bench(|| inventory::read(bytes.as_slice()).expect("what was written can be read"));
}

/// By the parser alone: a blank in every line keeps it from being read without.
#[divan::bench(args = SIZES, sample_count = 10)]
fn read_other_layouts(bencher: Bencher<'_, '_>, resources: u64) {
    let text = String::from_utf8(lines(&Scale::fleet(resources, 1))).expect("JSON is text");
    let bytes = text.replace("{\"resource\":", "{ \"resource\":").into_bytes();
    bencher
        .counter(ItemsCount::new(resources))
        .bench(|| inventory::read(bytes.as_slice()).expect("what was written can be read"));
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn plan(bencher: Bencher<'_, '_>, resources: u64) {
    let world = World::fleet(resources);
    bencher.counter(ItemsCount::new(resources)).bench(|| world.propose());
}

#[divan::bench(args = HARD, sample_count = 5)]
fn plan_hard_world_of_100000(bencher: Bencher<'_, '_>, shape: &str) {
    let world = World::new(&scale(shape, 100_000));
    bencher.counter(ItemsCount::new(100_000_u64)).bench(|| world.propose());
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn verify_compiled(bencher: Bencher<'_, '_>, resources: u64) {
    let world = World::fleet(resources);
    let plan = world.propose();
    bencher
        .counter(ItemsCount::new(resources))
        .bench(|| verify::verify(&plan, &world.grounds(), Conditions::Compiled, Seal::Skip).expect("the plan holds"));
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn verify_interpreted(bencher: Bencher<'_, '_>, resources: u64) {
    let world = World::fleet(resources);
    let plan = world.propose();
    bencher.counter(ItemsCount::new(resources)).bench(|| {
        verify::verify(&plan, &world.grounds(), Conditions::Interpreted, Seal::Skip).expect("the plan holds")
    });
}

#[divan::bench(args = HARD, sample_count = 5)]
fn verify_hard_world_of_100000(bencher: Bencher<'_, '_>, shape: &str) {
    let world = World::new(&scale(shape, 100_000));
    let plan = world.propose();
    bencher
        .counter(ItemsCount::new(100_000_u64))
        .bench(|| verify::verify(&plan, &world.grounds(), Conditions::Compiled, Seal::Skip).expect("the plan holds"));
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn write_the_plan(bencher: Bencher<'_, '_>, resources: u64) {
    let plan = World::fleet(resources).propose();
    bencher.counter(ItemsCount::new(plan.steps.len())).bench(|| plan.write(std::io::sink()).expect("a sink"));
}

#[divan::bench(args = SIZES, sample_count = 10)]
fn read_the_plan(bencher: Bencher<'_, '_>, resources: u64) {
    let mut bytes = Vec::new();
    World::fleet(resources).propose().write(&mut bytes).expect("memory takes every byte");
    bencher.bench(|| Plan::read(&bytes).expect("what was written can be read"));
}

/// One question to a plan that is loaded: the index over it is made for the one.
#[divan::bench(args = SIZES, sample_count = 10)]
fn explain_one(bencher: Bencher<'_, '_>, resources: u64) {
    let world = World::fleet(resources);
    let plan = world.propose();
    let held = plan.held.first().expect("something is held in every fleet").address.clone();
    bencher.bench(|| format!("{:?}", explain::explain(&plan, &world.rulebooks, &held)).len());
}
