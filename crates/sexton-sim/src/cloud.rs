//! A virtual cloud: it holds resources, refuses what its rulebook guards, takes time, throttles, and fails by a schedule.
//!
//! It does no input or output and reads no clock. Calls are [sent](Cloud::send) with the time, the cloud is told how far
//! time has [passed](Cloud::pass), and what it answers is [taken](Cloud::take). The same calls at the same times get the
//! same answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sexton_core::address::{Account, Address, NameError};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_core::time::{Span, Timestamp};
use sexton_engine::machine::MonoTime;
use sexton_provider::Observed;

use crate::case::{Case, Climate, Latency, Shown};
use crate::estate::Estate;
use crate::log::{Call, Logged, Moment, Reply, Said, Ticket};
use crate::random::Random;
use crate::world::{ACCOUNTS, World};

mod after;
mod bucket;
mod colleague;
mod credentials;
mod removal;
#[cfg(test)]
mod tests;
mod trouble;

use after::{Binned, Lingering};
use bucket::Bucket;
use credentials::Credentials;
use trouble::Armed;

/// The cloud of one case. It has a provider for each account, by its place among [`ACCOUNTS`].
#[derive(Debug, Clone)]
pub struct Cloud {
    rulebook: Arc<Rulebook>,
    taken_at: Timestamp,
    credentials: Vec<Credentials>,
    estate: Estate,
    /// What is being removed.
    going: BTreeMap<Address, Going>,
    /// What lies in recycle bins.
    binned: BTreeMap<Address, Binned>,
    /// What is claimed of holders that nobody can see.
    claimed: BTreeSet<Address>,
    /// What readings show although it is gone.
    shown: BTreeMap<Address, (MonoTime, Resource)>,
    /// Guards that outlast their reason.
    lingering: Vec<Lingering>,
    climate: Climate,
    /// By operation, in each account and region.
    buckets: BTreeMap<(String, String), Bucket>,
    random: Random,
    faults: Vec<Armed>,
    session: u32,
    expired: bool,
    storm: Option<Storm>,
    now: MonoTime,
    events: BTreeMap<(MonoTime, u64), Event>,
    numbered: u64,
    calls: BTreeMap<Ticket, OnTheWay>,
    last_ticket: Ticket,
    answers: BTreeMap<Ticket, Reply>,
    log: Vec<Logged>,
}

/// A call that has not arrived.
#[derive(Debug, Clone)]
struct OnTheWay {
    /// The place of its provider.
    provider: usize,
    /// Whose credentials it goes by.
    as_whom: Account,
    call: Call,
}

#[derive(Debug, Clone)]
struct Going {
    ticket: Ticket,
    /// Its state before.
    before: Option<String>,
    /// The fault by which it comes back instead.
    reverted_by: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Storm {
    until: MonoTime,
    retry_after: Option<Duration>,
}

#[derive(Debug, Clone)]
enum Event {
    /// A call reaches the cloud.
    Arrives(Ticket),
    /// A removal takes effect of which nobody hears any more.
    TakesEffect(Ticket, sexton_provider::RemovalCall),
    /// An answer reaches the run.
    Answers(Ticket, Reply),
    /// An accepted removal ends.
    Ends(Address),
    /// A recycle bin lets go of what it holds.
    Purges(Address),
    /// What a resource says of its holders is brought up to date.
    Counts(Address),
    /// A resource changes by itself.
    Turns(Address, String),
    /// A fault of the schedule comes to pass.
    Strikes(usize),
}

impl Cloud {
    /// The cloud of a world, with the faults and the speed of a case.
    ///
    /// # Errors
    /// The names of this crate are at fault.
    pub fn new(world: &World, case: &Case) -> Result<Self, NameError> {
        let mut cloud = Self {
            rulebook: Arc::clone(&world.rulebook),
            taken_at: world.taken_at,
            credentials: ACCOUNTS.iter().map(|account| Credentials::new(account)).collect::<Result<_, _>>()?,
            estate: Estate::new(world.resources.iter().cloned()),
            going: BTreeMap::new(),
            binned: BTreeMap::new(),
            claimed: BTreeSet::new(),
            shown: BTreeMap::new(),
            lingering: Vec::new(),
            climate: case.climate.clone(),
            buckets: BTreeMap::new(),
            random: Random::new(case.seed),
            faults: case.faults.iter().map(|fault| Armed::new(fault.clone())).collect(),
            session: 0,
            expired: false,
            storm: None,
            now: MonoTime::START,
            events: BTreeMap::new(),
            numbered: 0,
            calls: BTreeMap::new(),
            last_ticket: 0,
            answers: BTreeMap::new(),
            log: Vec::new(),
        };
        for turn in &world.turns {
            let at = MonoTime::START.after(Duration::from_millis(turn.after_ms));
            cloud.schedule(at, Event::Turns(turn.address.clone(), turn.state.clone()));
        }
        for (place, fault) in case.faults.iter().enumerate() {
            if let Some(at_ms) = fault.strikes_at_ms() {
                cloud.schedule(MonoTime::START.after(Duration::from_millis(at_ms)), Event::Strikes(place));
            }
        }
        Ok(cloud)
    }

    /// What is there now.
    #[must_use]
    pub fn estate(&self) -> &Estate {
        &self.estate
    }

    /// The rules by which it refuses.
    #[must_use]
    pub fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// Sends a call by the provider of that place.
    ///
    /// # Panics
    /// There is no such provider.
    pub fn send(&mut self, now: MonoTime, provider: usize, call: Call) -> Ticket {
        self.pass(now);
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.record(Moment::Sent { ticket, provider, call: call.clone() });
        let as_whom = self.credentials[provider].account.clone();
        self.calls.insert(ticket, OnTheWay { provider, as_whom, call });
        let on_the_way = self.latency() / 2;
        self.schedule(self.now.after(on_the_way), Event::Arrives(ticket));
        ticket
    }

    /// When something happens next.
    #[must_use]
    pub fn next_at(&self) -> Option<MonoTime> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// Whether there is an answer that was not taken.
    #[must_use]
    pub fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Lets time pass.
    pub fn pass(&mut self, now: MonoTime) {
        while let Some(entry) = self.events.first_entry().filter(|entry| entry.key().0 <= now) {
            let ((at, _), event) = entry.remove_entry();
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(now);
    }

    /// The answer to a call, once it is there.
    pub fn take(&mut self, ticket: Ticket) -> Option<Reply> {
        let reply = self.answers.remove(&ticket)?;
        self.record(Moment::Answered { ticket, said: reply.says() });
        Some(reply)
    }

    /// The first answer that is there and was not taken.
    pub fn take_any(&mut self) -> Option<(Ticket, Reply)> {
        let ticket = *self.answers.first_key_value()?.0;
        Some((ticket, self.take(ticket)?))
    }

    /// The caller is gone. Nothing is answered any more; requests on the way arrive or do not.
    pub fn hang_up(&mut self, requests_arrive: bool) {
        self.answers.clear();
        self.events.retain(|_, event| match event {
            Event::Answers(..) => false,
            Event::Arrives(_) => requests_arrive,
            Event::TakesEffect(..)
            | Event::Ends(_)
            | Event::Purges(_)
            | Event::Counts(_)
            | Event::Turns(..)
            | Event::Strikes(_) => true,
        });
    }

    /// Takes out what was noted since the last time.
    pub fn drain_log(&mut self) -> std::vec::Drain<'_, Logged> {
        self.log.drain(..)
    }

    fn record(&mut self, moment: Moment) {
        self.log.push(Logged { at: self.now, moment });
    }

    fn schedule(&mut self, at: MonoTime, event: Event) {
        self.numbered += 1;
        self.events.insert((at, self.numbered), event);
    }

    fn latency(&mut self) -> Duration {
        self.climate.call.draw(&mut self.random)
    }

    fn wall(&self) -> Timestamp {
        wall(self.taken_at, self.now)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Arrives(ticket) => self.arrive(ticket),
            Event::TakesEffect(ticket, call) => {
                self.take_effect(ticket, &call, |_| true);
            }
            Event::Answers(ticket, reply) => {
                self.answers.insert(ticket, reply);
            }
            Event::Ends(address) => self.end_removal(&address),
            Event::Purges(address) => self.purge(&address),
            Event::Counts(address) => self.count_holders(&address),
            Event::Turns(address, state) => self.turn(&address, state),
            Event::Strikes(fault) => self.strike(fault),
        }
    }

    fn arrive(&mut self, ticket: Ticket) {
        let Some(mut on_the_way) = self.calls.remove(&ticket) else { return };
        self.record(Moment::Arrived { ticket });
        match on_the_way.call {
            // It may be of several requests, the last of which goes by what its provider uses then.
            Call::Probe(_) | Call::Dependents(_) => {
                on_the_way.as_whom = self.credentials[on_the_way.provider].account.clone();
            }
            Call::Identity(_) | Call::Remove(_) => {}
        }
        let (reply, delay) = self.serve(ticket, &on_the_way);
        let back = self.latency() / 2;
        self.schedule(self.now.after(back.saturating_add(delay)), Event::Answers(ticket, reply));
    }

    /// What a reading shows of a resource.
    fn look(&self, target: &Address) -> Observed {
        let shown = || self.shown.get(target).filter(|(until, _)| *until > self.now).map(|(_, resource)| resource);
        match self.estate.get(target).or_else(shown) {
            Some(resource) => Observed::Present(Box::new(resource.clone())),
            None => match self.binned.get(target) {
                Some(binned) if binned.shown == Shown::Parked => Observed::Parked { until: binned.until },
                Some(_) | None => Observed::Absent,
            },
        }
    }

    fn look_for_dependents(&self, target: &Address) -> Vec<Resource> {
        let there = self.estate.dependents(target).cloned();
        let refers = |resource: &&Resource| resource.known_links().iter().any(|link| link.target == *target);
        let shown = self.shown.values().filter(|(until, _)| *until > self.now).map(|(_, resource)| resource);
        there.chain(shown.filter(|shown| self.estate.get(&shown.address).is_none()).filter(refers).cloned()).collect()
    }
}

/// The time of the wall clock.
pub(crate) fn wall(begin: Timestamp, now: MonoTime) -> Timestamp {
    let nanos = i128::try_from(now.since_start().as_nanos()).unwrap_or(i128::MAX);
    Span::from_nanos(nanos).and_then(|span| begin.checked_add(span)).unwrap_or(begin)
}

impl Latency {
    /// One length of time.
    pub fn draw(&self, random: &mut Random) -> Duration {
        let micros = match self.0.as_slice() {
            [] => 0,
            [only] => *only,
            several => {
                let last = u64::try_from(several.len() - 2).unwrap_or(0);
                let place = usize::try_from(random.between(0, last)).unwrap_or(0);
                random.between(several[place], several[place + 1])
            }
        };
        Duration::from_micros(micros)
    }
}

impl Reply {
    /// What it says.
    #[must_use]
    pub fn says(&self) -> Said {
        match self {
            Reply::Identity(Ok(identity)) => Said::Who(identity.clone()),
            Reply::Probe(Ok(_)) | Reply::Dependents(Ok(_)) | Reply::Removed(_) => Said::What,
            Reply::Identity(Err(_)) | Reply::Probe(Err(_)) | Reply::Dependents(Err(_)) => Said::Nothing,
        }
    }
}
