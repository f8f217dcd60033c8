//! One suite that every provider passes, against its emulator or a virtual cloud.
//!
//! What differs between providers is a [`Subject`]: how a resource of each kind looks, and how a cloud that holds given
//! resources is set up, with given [troubles](Trouble). Everything else is derived from the rulebook: there is a case for
//! every kind that can be removed, for every guard, for every force. A guard for which the subject can set up no case has
//! to be excused by it, with a reason that stands in the matrix; otherwise it fails.
//!
//! The suite believes nobody: what is gone is read from the cloud's own state, not from an answer.

mod bodies;
mod guards;
mod listing;
mod looking;
mod removal;
mod report;
mod scene;
mod secrets;
mod subject;

pub use report::{Origin, Report, Row, Verdict, matrix};
pub use subject::{CANARY_SECRET, CANARY_TOKEN, Codes, Keys, Raise, Seen, Specimen, Stage, Subject, Trouble, Wrong};

use scene::Suite;

/// Runs every case and says how each ended.
///
/// # Panics
/// Never by a case: a case that fails is a row that says so.
pub async fn run(subject: &dyn Subject) -> Report {
    let (secrets, _listening) = secrets::plant();
    let mut suite = Suite::new(subject, secrets);
    listing::cases(&mut suite).await;
    looking::cases(&mut suite).await;
    removal::cases(&mut suite).await;
    bodies::cases(&mut suite).await;
    guards::cases(&mut suite).await;
    secrets::cases(&mut suite);
    suite.report
}
