//! Who the providers of a run are: asked of each by itself, and again after their credentials were refreshed.

use std::collections::BTreeMap;

use sexton_core::address::Region;
use sexton_engine::machine::{CallId, IdentityAnswer, Input, Machine, MachineError, MonoTime};
use sexton_provider::{CallError, Identity};

use super::Simulation;
use crate::log::{Call, Moment, Reply, Ticket};
use crate::world::ACCOUNTS;

/// A question that every provider answers by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    providers: BTreeMap<Ticket, usize>,
    answers: Vec<(usize, Result<Identity, CallError>)>,
}

impl Simulation<'_> {
    /// Tells the machine of credentials that were refreshed, before anything that was found out under them.
    pub(super) fn look_at_credentials(&mut self, machine: &mut Machine, now: MonoTime) -> Result<(), MachineError> {
        for provider in 0..ACCOUNTS.len() {
            let generation = self.cloud.generation(provider);
            if std::mem::replace(&mut self.generations[provider], generation) != generation {
                self.note(Moment::Refreshed { provider });
                machine.handle(now, Input::CredentialsChanged { provider })?;
            }
        }
        Ok(())
    }

    /// What an answer is to the machine; none where others have to come first.
    pub(super) fn input(&mut self, ticket: Ticket, reply: Reply) -> Option<Input> {
        let call = self.waiting.remove(&ticket)?;
        Some(match reply {
            Reply::Identity(answer) => {
                let asked = self.asking.get_mut(&call)?;
                let provider = asked.providers.remove(&ticket)?;
                asked.answers.push((provider, answer));
                if !asked.providers.is_empty() {
                    return None;
                }
                let mut answers = self.asking.remove(&call)?.answers;
                answers.sort_by_key(|(provider, _)| *provider);
                let answer = |(provider, answer)| IdentityAnswer { provider, answer };
                Input::Identified { call, answers: answers.into_iter().map(answer).collect() }
            }
            Reply::Probe(answer) => Input::Probed { call, answer },
            Reply::Dependents(answer) => Input::DependentsFound { call, answer },
            Reply::Removed(answers) => Input::Removed { call, answers },
        })
    }

    pub(super) fn ask_identity(&mut self, call: CallId, region: &str) {
        let region = Region::new(region).expect("the machine asks for a region of the plan");
        for provider in 0..ACCOUNTS.len() {
            let ticket = self.send(call, provider, Call::Identity(region.clone()));
            self.asking.entry(call).or_default().providers.insert(ticket, provider);
        }
    }
}
