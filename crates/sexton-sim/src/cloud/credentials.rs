//! By whose credentials calls go, and which regions they reach.

use sexton_core::address::{Account, Address, NameError, Region};
use sexton_provider::Identity;

use super::Cloud;
use crate::case::Fault;
use crate::log::{Call, Moment};
use crate::world::ACCOUNTS;

/// Who a provider is whose credentials were swapped.
const SOMEBODY_ELSE: &str = "somebody-else";
/// What an endpoint serves that is configured wrongly.
const ELSEWHERE: &str = "elsewhere";

/// What a provider goes by.
#[derive(Debug, Clone)]
pub(super) struct Credentials {
    pub(super) account: Account,
    /// Grows when they are refreshed.
    generation: u64,
}

impl Credentials {
    pub(super) fn new(account: &str) -> Result<Self, NameError> {
        Ok(Self { account: Account::new(account)?, generation: 0 })
    }
}

impl Cloud {
    /// A process begins: its credentials are new and right, and what it is configured with is that of the session.
    ///
    /// # Errors
    /// The names of this crate are at fault.
    pub fn begin_session(&mut self, session: u32) -> Result<(), NameError> {
        self.expired = false;
        self.session = session;
        for (credentials, account) in self.credentials.iter_mut().zip(ACCOUNTS) {
            credentials.account = Account::new(account)?;
        }
        Ok(())
    }

    /// How often the credentials of the provider of that place were refreshed; 0 where there is none.
    #[must_use]
    pub fn generation(&self, provider: usize) -> u64 {
        self.credentials.get(provider).map_or(0, |credentials| credentials.generation)
    }

    /// The credentials of an account are refreshed, and are those of whoever is named.
    pub(super) fn refresh(&mut self, of: &str, by: &str) -> bool {
        let Some(place) = ACCOUNTS.iter().position(|account| *account == of) else { return false };
        let Ok(account) = Account::new(by) else { return false };
        let credentials = &mut self.credentials[place];
        credentials.generation += 1;
        credentials.account = account;
        true
    }

    pub(super) fn swap(&mut self, of: &str) -> bool {
        self.refresh(of, SOMEBODY_ELSE)
    }

    /// Who calls by these credentials, and which region answers.
    pub(super) fn who(&mut self, as_whom: &Account, region: &Region) -> Identity {
        let identity = |region: &Region| Identity { account: as_whom.clone(), region: region.clone() };
        let Some(fault) = self.misled(as_whom.as_str(), region.as_str()) else { return identity(region) };
        self.record(Moment::Fired { fault });
        Region::new(ELSEWHERE).map_or_else(|_| identity(region), |elsewhere| identity(&elsewhere))
    }

    /// Whether a call reaches what it is about: it goes by the account's credentials, to the region.
    pub(super) fn reaches(&self, as_whom: &Account, call: &Call) -> bool {
        call.about().first().is_none_or(|address| {
            address.account() == as_whom.as_str() && self.misled(address.account(), address.region()).is_none()
        })
    }

    fn misled(&self, of: &str, there: &str) -> Option<usize> {
        self.faults.iter().position(|armed| {
            let Fault::Elsewhere { session, account, region } = &armed.fault else { return false };
            *session == self.session && account == of && region == there
        })
    }
}

impl Call {
    /// The resources that it is about.
    pub(crate) fn about(&self) -> Vec<&Address> {
        match self {
            Call::Identity(_) => Vec::new(),
            Call::Probe(targets) => targets.iter().collect(),
            Call::Dependents(target) => vec![target],
            Call::Remove(removal) => removal.targets.iter().map(|target| &target.address).collect(),
        }
    }
}
