//! Secrets are planted in every case, and looked for in all that is shown: answers, errors, what a listing tells, and
//! the log at its most talkative.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sexton_provider::wrap::{Exchange, Recorder};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use super::report::{Origin, Row, Verdict};
use super::scene::Suite;

/// What was seen of the secrets. Cloned, it is the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Secrets(Arc<Mutex<Sightings>>);

#[derive(Debug, Default)]
struct Sightings {
    exchanges: u64,
    /// How often the chain of wrappers told the log of a failure.
    logged: u64,
    /// The end of what was logged, for a secret that falls between two writes.
    tail: Vec<u8>,
    leaks: Vec<String>,
}

/// What tells of a secret, though it be cut off after it: both canaries consist of little else.
const TELLING: [&str; 2] = ["canarySECRET", "canaryTOKEN"];

/// How much of a leak is shown: enough to find it.
const SHOWN: usize = 200;

impl Secrets {
    fn lock(&self) -> MutexGuard<'_, Sightings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at something that is shown.
    pub(super) fn look(&self, what: &str, shown: &str) {
        for canary in TELLING {
            if let Some(at) = shown.find(canary) {
                let before = shown[..at].chars().rev().take(SHOWN).collect::<Vec<char>>();
                let context: String = before.into_iter().rev().collect();
                self.lock().leaks.push(format!("{what}: {context}[SECRET]"));
            }
        }
    }
}

impl Recorder for Secrets {
    fn record(&self, exchange: Exchange) {
        self.lock().exchanges += 1;
        self.look("an exchange", &format!("{exchange:?}"));
        let error = match &exchange {
            Exchange::Regions(answer) => answer.as_ref().err(),
            Exchange::Identity { answer, .. } => answer.as_ref().err(),
            Exchange::List { answer, .. } => answer.as_ref().err(),
            Exchange::Probe { answer, .. } => answer.as_ref().err(),
            Exchange::Dependents { answer, .. } => answer.as_ref().err(),
            Exchange::Remove { .. } => None,
        };
        if let Some(error) = error {
            self.look("an error", &error.to_string());
        }
    }
}

impl io::Write for Secrets {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut text = std::mem::take(&mut self.lock().tail);
        text.extend_from_slice(bytes);
        self.look("the log", &String::from_utf8_lossy(&text));
        let mut seen = self.lock();
        seen.logged += u64::from(String::from_utf8_lossy(bytes).contains("sexton_provider::wrap"));
        let keep = TELLING.map(str::len).into_iter().max().unwrap_or_default() - 1;
        seen.tail = text[text.len().saturating_sub(keep)..].to_vec();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Secrets {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Listens to everything that is logged by this thread from now on.
pub(super) fn plant() -> (Secrets, DefaultGuard) {
    let secrets = Secrets::default();
    let log = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(secrets.clone())
        .finish();
    let listening = tracing::subscriber::set_default(log);
    (secrets, listening)
}

/// What was found, after everything else.
pub(super) fn cases(suite: &mut Suite<'_>) {
    let sightings = suite.secrets.lock();
    let verdict = match (sightings.leaks.first(), sightings.exchanges, sightings.logged) {
        (Some(leak), ..) => Verdict::Failed(format!("{} leaks, the first in {leak}", sightings.leaks.len())),
        (None, 0, _) => Verdict::Failed("nothing was looked at".to_owned()),
        (None, _, 0) => Verdict::Failed("nothing was logged".to_owned()),
        (None, ..) => Verdict::Passed,
    };
    drop(sightings);
    suite.report.rows.push(Row {
        origin: Origin::Everyone,
        case: "secrets are shown nowhere: answers, errors, log".to_owned(),
        verdict,
    });
}
