//! Every provider against its emulator, through the suite of the testkit, and the page that says how it went.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod broken;
mod ec2;
mod ecs;
mod emulated;
mod generated;
mod ice;
mod published;
mod ram;
mod shelf;
mod sim;
mod zec;

use std::path::Path;

use sexton_aliyun::SignatureVersion;
use sexton_testkit::conformance::{Report, Subject, matrix, run};

/// Set, it writes the page anew, to be read before it is committed.
const BLESS: &str = "SEXTON_BLESS";

const HEAD: &str = "# Conformance

What every provider is held to, and how each did: written by the suite itself, `cargo test -p sexton-tests --test
conformance`, which fails where a case does or where this page says otherwise (`SEXTON_BLESS=1` writes it anew). The suite
is `sexton_testkit::conformance`; how to bring a provider to it is in [providers](providers.md).

*yes*: the case ran and ended as it should. A number: there is no such case, for the reason below.

";

/// Whether a subject's time passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Real,
    /// It jumps to whatever is waited for next.
    Virtual,
}

/// Each on a thread of its own: the suite listens to what its own thread logs.
fn reports(subjects: Vec<(Time, Box<dyn Subject>)>) -> Vec<Report> {
    let report = |time: Time, subject: Box<dyn Subject>| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(time == Time::Virtual).build().unwrap();
        runtime.block_on(run(subject.as_ref()))
    };
    std::thread::scope(|scope| {
        let running: Vec<_> =
            subjects.into_iter().map(|(time, subject)| scope.spawn(move || report(time, subject))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn every_provider_conforms_and_the_matrix_says_so() {
    let reports = reports(vec![
        (Time::Real, Box::new(ecs::Ecs::new(SignatureVersion::V3))),
        (Time::Real, Box::new(ecs::Ecs::new(SignatureVersion::V1))),
        (Time::Real, Box::new(ice::Ice::new())),
        (Time::Real, Box::new(ec2::Ec2::new())),
        (Time::Virtual, Box::new(sim::Sim::new())),
        (Time::Real, Box::new(shelf::subject::Shelf::new())),
        (Time::Real, Box::new(zec::Zec::new())),
        (Time::Real, Box::new(zec::Zec::with_recycle_bin())),
    ]);
    let failures: Vec<String> = reports.iter().flat_map(Report::failures).collect();
    assert!(failures.is_empty(), "{} cases failed:\n{}", failures.len(), failures.join("\n"));
    let page = format!("{HEAD}{}", matrix(&reports));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/conformance.md");
    if std::env::var_os(BLESS).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written == page, "docs/conformance.md says something else; {BLESS}=1 writes it anew");
}
