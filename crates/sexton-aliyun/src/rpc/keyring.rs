//! The credentials in use: asked for when they are first needed, and again before they expire.
//!
//! A removal is never the first to use new ones. It uses those whose number was last given to the run, which asks who the
//! caller is before it goes on; where they have run out, it fails without having been sent.

mod command;
mod instance;
mod session;
mod sts;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use sexton_http::{Endpoint, Purpose, Renewable, Slot, unsent};
use sexton_provider::{CallError, ErrorClass};

use super::client::Wire;
use crate::credential::{Credentials, Origin};

pub(super) use session::Session;

/// Gives the credentials of an origin.
#[derive(Debug)]
pub(crate) struct Keyring {
    origin: Origin,
    /// Where STS listens, in place of what the vendor publishes.
    sts: Option<Endpoint>,
    /// Where the metadata service listens.
    metadata: reqwest::Url,
    sessions: Renewable<Session>,
    /// The number that a run was last given.
    given: AtomicU64,
}

/// Where the vendor's metadata service listens, on every instance.
const METADATA: &str = "http://100.100.100.200";

impl Keyring {
    /// Asks nobody yet.
    pub(super) fn new(origin: Origin, sts: Option<Endpoint>) -> Self {
        let metadata = reqwest::Url::parse(METADATA).expect("it is an address");
        let fixed = match &origin {
            Origin::Fixed(credentials) => Some(Session::lasting(credentials.clone())),
            Origin::Role { .. } | Origin::Oidc { .. } | Origin::Instance { .. } | Origin::Command(_) => None,
        };
        Self { origin, sts, metadata, sessions: Renewable::new(fixed), given: AtomicU64::new(0) }
    }

    #[cfg(test)]
    fn with_metadata(self, metadata: reqwest::Url) -> Self {
        Self { metadata, ..self }
    }

    /// The number of the credentials in use, which is thereby given to the run.
    pub(crate) fn generation(&self) -> u64 {
        let number = self.sessions.latest().number();
        self.given.store(number, Ordering::SeqCst);
        number
    }

    /// The credentials for a call.
    ///
    /// # Errors
    /// They cannot be had; or, for a change, they are no longer those that the run knows of.
    pub(super) async fn credentials(
        &self,
        wire: &Wire,
        operation: &str,
        purpose: Purpose,
    ) -> Result<Credentials, CallError> {
        let mut slot = self.sessions.latest();
        if purpose == Purpose::Change {
            return self.of_the_run(&slot, operation);
        }
        loop {
            let session = slot.value().get_or_try_init(|| self.ask(wire)).await?;
            if !session.is_due(Timestamp::now()) {
                return Ok(session.credentials.clone());
            }
            slot = self.sessions.after(&slot);
        }
    }

    /// Those whose number was last given, while they last.
    fn of_the_run(&self, slot: &Arc<Slot<Session>>, operation: &str) -> Result<Credentials, CallError> {
        let unsent = |message: &str| unsent(operation, ErrorClass::Transient, message.to_owned());
        if slot.number() != self.given.load(Ordering::SeqCst) {
            return Err(unsent("the credentials were refreshed, and who the caller is has to be asked again"));
        }
        match slot.value().get() {
            Some(session) if !session.is_over(Timestamp::now()) => Ok(session.credentials.clone()),
            Some(_) => {
                self.sessions.after(slot);
                Err(unsent("the credentials have expired, and new ones are asked for first"))
            }
            None => Err(unsent("there are no credentials yet: nobody asked who the caller is")),
        }
    }

    async fn ask(&self, wire: &Wire) -> Result<Session, CallError> {
        self.session_of(wire, &self.origin).await
    }

    async fn session_of(&self, wire: &Wire, origin: &Origin) -> Result<Session, CallError> {
        match origin {
            Origin::Fixed(credentials) => Ok(Session::lasting(credentials.clone())),
            Origin::Role { by, role } => {
                let by = Box::pin(self.session_of(wire, by)).await?;
                sts::assume(wire, self.sts.as_ref(), role, &by.credentials).await
            }
            Origin::Oidc { role, provider_arn, token_file } => {
                sts::assume_by_token(wire, self.sts.as_ref(), role, provider_arn, token_file).await
            }
            Origin::Instance { role_name, first_version, expected } => {
                instance::ask(wire, &self.metadata, role_name.as_deref(), *first_version, *expected).await
            }
            Origin::Command(line) => command::run(line).await,
        }
    }
}

#[cfg(test)]
mod tests;
