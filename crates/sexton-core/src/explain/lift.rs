//! What would lift a blocker: derived from why it is one, from what the guard's rulebook offers, and from what the
//! rules that would take the resource grant already.

use serde::Serialize;

use super::Reasons;
use super::listed::Listed;
use super::tree::{Cause, Standing};
use crate::address::{Address, GuardCode, Kind};
use crate::plan::{Because, Blocker, KeepReason, Kept};
use crate::policy::{Collect, Draw, Filters};
use crate::rulebook::{
    AttributePredicate, DataHeld, End, Force, Guard, HolderClaim, OnlyWhere, Other, RaisedBy, Rulebook, StateTest,
    Visibility,
};

#[cfg(test)]
mod tests;

/// One way in which a resource would no longer be held by a blocker, or no longer kept. The ways stand beside each
/// other: one is enough for its blocker.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "lift", rename_all = "kebab-case")]
pub enum Lift<'p> {
    /// Let the rules take the other along: their `cascade` lacks its kind.
    Cascade {
        /// The rules.
        rules: Vec<&'p str>,
        /// What would come along.
        other: &'p Address,
    },
    /// The rules' `cascade` names the other's kind on a condition that is not definitely true of it.
    CascadeCondition {
        /// The rules.
        rules: Vec<&'p str>,
        /// What would come along.
        other: &'p Address,
    },
    /// Collect the other by a rule of its own.
    Select {
        /// The other.
        other: &'p Address,
    },
    /// Remove the other outside of a plan.
    Remove {
        /// The other.
        other: &'p Address,
        /// The provider's operation; none where Sexton knows of none.
        operation: Option<&'p str>,
    },
    /// Let one of the rules force the guard.
    GrantForce {
        /// The rules.
        rules: Vec<&'p str>,
        /// The guard.
        guard: &'p GuardCode,
        /// What is lost by it.
        consequence: &'p str,
        /// Which resources it is a lift for; none: all.
        #[serde(skip_serializing_if = "Option::is_none")]
        only: Option<&'p OnlyWhere>,
    },
    /// Only what a rule selects, or takes along for that, is forced: select the resource by a rule that grants it.
    SelectToForce {
        /// What to select.
        address: &'p Address,
        /// The guard.
        guard: &'p GuardCode,
        /// What is lost by it.
        consequence: &'p str,
        /// Which resources it is a lift for; none: all.
        #[serde(skip_serializing_if = "Option::is_none")]
        only: Option<&'p OnlyWhere>,
    },
    /// Let one of the rules wait for the guard to clear by itself.
    GrantWait {
        /// The rules.
        rules: Vec<&'p str>,
        /// The guard.
        guard: &'p GuardCode,
    },
    /// Protect the resource, if the other is to stay: it is then no candidate any more.
    Protect {
        /// The candidate.
        address: &'p Address,
        /// The protect rules that could speak of it.
        rules: Vec<String>,
        /// What is to stay.
        other: &'p Address,
    },
    /// Bring the resource into another state.
    ChangeState {
        /// The resource.
        of: &'p Address,
        /// The states in which it is guarded.
        raises: &'p StateTest,
    },
    /// Change an attribute of the resource at the provider.
    ChangeAttribute {
        /// The resource.
        of: &'p Address,
        /// The attribute.
        attribute: &'p str,
        /// The values by which it is guarded.
        raises: &'p AttributePredicate,
    },
    /// An attribute says that something holds the resource, and nothing that was listed does: find it.
    FindHolder {
        /// The resource.
        of: &'p Address,
        /// The attribute.
        attribute: &'p str,
        /// The kinds that it speaks of.
        kinds: Vec<&'p Kind>,
    },
    /// List a kind completely.
    List {
        /// The kind.
        kind: &'p Kind,
        /// Where: `provider:account:region`.
        place: String,
        /// How it was listed.
        listed: Listed,
    },
    /// Take a kind as empty, by an `[[assume_none]]`.
    Waive {
        /// The kind.
        kind: &'p Kind,
        /// Where: `provider:account:region`.
        place: String,
    },
    /// List again, so that a fact becomes known.
    Learn {
        /// Of which resource.
        of: &'p Address,
        /// What.
        missing: Missing,
    },
    /// List where the other is; it is referred to and was not seen.
    ListOther {
        /// The other.
        other: &'p Address,
        /// How its kind was listed there.
        listed: Listed,
    },
    /// Make the `options` of the rules agree.
    AgreeOptions {
        /// The rules.
        rules: Vec<&'p str>,
    },
    /// Lift a protection.
    Unprotect {
        /// What is protected.
        other: &'p Address,
        /// The protect rules: the one that bars it where the plan says so, else those that could.
        rules: Vec<String>,
    },
    /// Retain less.
    LowerRetain {
        /// What is retained.
        other: &'p Address,
        /// The rules whose `retain` could be the one.
        rules: Vec<String>,
        /// The slot that it holds, where the plan says so.
        slot: Option<&'p str>,
    },
    /// Tag the resource so that it has a group key, or let the lack of one be a group.
    GiveGroup {
        /// The resource.
        of: &'p Address,
        /// The rules whose `retain` could be the one.
        rules: Vec<String>,
    },
    /// Lift what holds the other: see there.
    LiftOther {
        /// The other.
        other: &'p Address,
    },
    /// Take one link out of a cycle.
    BreakCycle {
        /// The cycle, each waiting for the next and the last for the first; empty where the plan does not show it.
        members: Vec<&'p Address>,
    },
    /// Look the guard up at the provider: there is no rulebook here that has it.
    LookUp {
        /// Whose guard.
        provider: &'p str,
        /// The guard.
        guard: &'p GuardCode,
    },
}

/// A fact that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Its state.
    State,
    /// What it refers to.
    Links,
    /// When it was made.
    Time,
    /// What its group key is made of.
    Group,
    /// Something that a protection asks.
    Protection,
    /// Something that the guard asks.
    Fact,
}

/// A blocker with all that its lifts are derived from.
struct Case<'p> {
    cause: Cause<'p>,
    blocker: &'p Blocker,
    rulebook: Option<&'p Rulebook>,
    /// The guards of the rulebook that it can be.
    guards: Vec<&'p Guard>,
    /// The rules that would take the resource and could hold it strongly: only these cascade and force.
    strong: Vec<&'p str>,
}

impl<'p> Reasons<'p> {
    /// What would lift a blocker, the most direct way first: at least one way for every blocker of a planner's.
    pub fn lifts(&self, cause: &Cause<'p>, blocker: &'p Blocker) -> Vec<Lift<'p>> {
        let case = self.case(cause, blocker);
        let by = blocker.by.as_ref();
        let mut lifts = Vec::new();
        match blocker.because {
            Because::Cycle => lifts.push(Lift::BreakCycle { members: self.cycle(cause) }),
            Because::Unlisted => self.unlisted(&case, &mut lifts),
            Because::Options => lifts.push(Lift::AgreeOptions { rules: case.rules() }),
            Because::Protected => lifts.extend(by.map(|other| self.unprotect(other))),
            Because::Retained => lifts.extend(by.map(|other| self.lower_retain(other))),
            Because::Held | Because::Blocked => lifts.extend(by.map(|other| Lift::LiftOther { other })),
            Because::UnknownState => {
                let (of, missing) = case.missing();
                lifts.push(Lift::Learn { of, missing });
                self.take_other(&case, &mut lifts);
            }
            Because::State | Because::Attribute => case.change(&mut lifts),
            Because::Dangling => self.find_other(&case, &mut lifts),
            Because::OrphanNotForced => {
                case.select_to_force(&mut lifts);
                lifts.extend(by.map(|other| Lift::Select { other }));
                lifts.extend(by.map(|other| Lift::Remove { other, operation: case.operation(other) }));
            }
            Because::NotSelected => self.take_other(&case, &mut lifts),
        }
        case.wait(&mut lifts);
        match blocker.because {
            Because::Held | Because::Blocked | Because::State | Because::Attribute | Because::Dangling => {
                self.force_or_learn(&case, &mut lifts);
            }
            Because::NotSelected => {
                self.force_or_learn(&case, &mut lifts);
                self.protect(&case, &mut lifts);
            }
            // What is barred, unknown or no guard at all is not forced.
            Because::Cycle
            | Because::Unlisted
            | Because::Options
            | Because::Protected
            | Because::Retained
            | Because::UnknownState
            | Because::OrphanNotForced => {}
        }
        case.look_up(&mut lifts);
        lifts
    }

    /// What would make a kept resource go.
    pub(super) fn kept_lifts(&self, kept: &'p Kept) -> Vec<Lift<'p>> {
        let of = &kept.address;
        match &kept.because {
            KeepReason::Protect(rule) => vec![Lift::Unprotect { other: of, rules: vec![rule.clone()] }],
            KeepReason::ProtectUnknown(rule) => {
                let unprotect = Lift::Unprotect { other: of, rules: vec![rule.clone()] };
                vec![Lift::Learn { of, missing: Missing::Protection }, unprotect]
            }
            KeepReason::Retain(slot) => match slot.as_str() {
                "unknown state" => vec![Lift::Learn { of, missing: Missing::State }],
                "unknown time" | "future time" => vec![Lift::Learn { of, missing: Missing::Time }],
                "unknown group" => vec![Lift::Learn { of, missing: Missing::Group }],
                "no group" => vec![Lift::GiveGroup { of, rules: self.retaining(of) }],
                _ => vec![self.lower_retain(of)],
            },
        }
    }

    fn case(&self, cause: &Cause<'p>, blocker: &'p Blocker) -> Case<'p> {
        let address = &cause.held.address;
        let rulebook = self.rulebook(address);
        let guards = rulebook.map_or_else(Vec::new, |rulebook| {
            let same = |guard: &&'p Guard| {
                Some(&guard.code) == blocker.guard.as_ref()
                    && match (guard.other(), &blocker.by) {
                        (Some(other), Some(by)) => other.kind.as_str() == by.kind(),
                        (None, Some(_)) => false,
                        (_, None) => true,
                    }
            };
            rulebook.guards_of(address.kind()).filter(same).collect()
        });
        let strong = cause.held.rules.iter().map(String::as_str).filter(|rule| self.strongly(cause, rule)).collect();
        Case { cause: *cause, blocker, rulebook, guards, strong }
    }

    /// Whether a rule that would take a resource could hold it strongly: selected, or taken along for what is.
    fn strongly(&self, cause: &Cause<'p>, rule: &str) -> bool {
        match (cause.standing, self.rule(rule)) {
            (Standing::Held, _) | (Standing::Blocked, None) => true,
            (Standing::Blocked, Some(rule)) => draws(&rule.cascade, cause.held.address.kind()).next().is_some(),
        }
    }

    fn rule(&self, name: &str) -> Option<&Collect> {
        self.policy.as_ref()?.collect.iter().find(|rule| rule.name == name)
    }

    fn max_age(&self) -> Option<crate::time::Span> {
        self.policy.as_ref().map(|policy| policy.limits.max_inventory_age)
    }

    /// Removes what stays: along with the resource, by a rule of its own, or by hand.
    fn take_other(&self, case: &Case<'p>, lifts: &mut Vec<Lift<'p>>) {
        let Some(other) = &case.blocker.by else { return };
        let operation = case.operation(other);
        let dependent =
            case.guards.iter().any(|guard| guard.other().is_some_and(|raised| raised.end == End::Dependent));
        let (mut lacking, mut conditional) = (Vec::new(), Vec::new());
        if operation.is_some() && dependent {
            for name in &case.strong {
                match self.rule(name) {
                    Some(rule) if draws(&rule.cascade, other.kind()).next().is_none() => lacking.push(*name),
                    Some(rule) if draws(&rule.cascade, other.kind()).all(|draw| draw.when.is_some()) => {
                        conditional.push(*name);
                    }
                    Some(_) | None => {}
                }
            }
        }
        if operation.is_some() && lacking.is_empty() && conditional.is_empty() {
            lifts.push(Lift::Select { other });
        }
        if !lacking.is_empty() {
            lifts.push(Lift::Cascade { rules: lacking, other });
        }
        if !conditional.is_empty() {
            lifts.push(Lift::CascadeCondition { rules: conditional, other });
        }
        lifts.push(Lift::Remove { other, operation });
    }

    /// Finds what is referred to and was not seen.
    fn find_other(&self, case: &Case<'p>, lifts: &mut Vec<Lift<'p>>) {
        let Some(other) = &case.blocker.by else { return };
        let listed = self.censuses.listed(other.scope(), other.kind(), self.max_age());
        lifts.push(Lift::ListOther { other, listed });
        lifts.push(Lift::Remove { other, operation: case.operation(other) });
    }

    /// Where a rule grants the force already, it is a fact that is missing.
    fn force_or_learn(&self, case: &Case<'p>, lifts: &mut Vec<Lift<'p>>) {
        let granted = case.strong.iter().filter_map(|name| self.rule(name)).any(|rule| {
            case.blocker.guard.as_ref().is_some_and(|guard| case.forceable().is_some() && rule.force.contains(guard))
        });
        match (&case.blocker.by, granted) {
            // Most likely it is no remedy for this one; what changes the fact that raises the guard is said already.
            (_, true) if case.forceable().is_some_and(|force| force.only.is_some()) => {}
            (Some(other), true) => lifts.push(Lift::Learn { of: other, missing: Missing::Fact }),
            (None, true) => lifts.push(Lift::Learn { of: &case.cause.held.address, missing: Missing::Fact }),
            (_, false) => case.force(lifts),
        }
    }

    /// What holds data is worth a thought before it goes: the candidate may be the mistake.
    fn protect(&self, case: &Case<'p>, lifts: &mut Vec<Lift<'p>>) {
        let address = &case.cause.held.address;
        let Some(other) = &case.blocker.by else { return };
        let data = case.rulebook.and_then(|rulebook| rulebook.kind(other.kind())).map(|rules| rules.data);
        let holds_data = match data {
            Some(DataHeld::Own | DataHeld::Shared | DataHeld::Elsewhere) => true,
            Some(DataHeld::Nothing) | None => false,
        };
        if holds_data && case.cause.standing == Standing::Held {
            lifts.push(Lift::Protect { address, rules: self.protecting(address), other });
        }
    }

    fn unlisted(&self, case: &Case<'p>, lifts: &mut Vec<Lift<'p>>) {
        let address = &case.cause.held.address;
        let Some(kind) = &case.blocker.kind else { return };
        let mut places = Vec::new();
        for guard in case.rulebook.iter().flat_map(|rulebook| rulebook.guards_of(address.kind())) {
            let asks = |wanted: &Kind| wanted == kind;
            match &guard.visibility {
                Visibility::Census(wanted) if asks(wanted) => places.push(address.scope()),
                Visibility::Region if guard.other().is_some_and(|other| asks(&other.kind)) => {
                    places.push(address.scope());
                }
                Visibility::Account if guard.other().is_some_and(|other| asks(&other.kind)) => {
                    let account = address.scope().rsplit_once(':').map_or("", |(account, _)| account);
                    places.extend(self.censuses.places(account));
                }
                Visibility::Census(_) | Visibility::Region | Visibility::Account | Visibility::Unobservable { .. } => {}
            }
        }
        if places.is_empty() {
            places.push(address.scope());
        }
        places.sort_unstable();
        places.dedup();
        let listed = |place: &&str| (self.censuses.listed(place, kind.as_str(), self.max_age()), (*place).to_owned());
        let all: Vec<(Listed, String)> = places.iter().map(listed).collect();
        let (seen, unseen): (Vec<_>, Vec<_>) = all.into_iter().partition(|(listed, _)| *listed == Listed::Completely);
        // What was listed completely and counts as unlisted holds a resource whose links are not known.
        let wanted = if unseen.is_empty() { &seen } else { &unseen };
        for (listed, place) in wanted {
            lifts.push(Lift::List { kind, place: place.clone(), listed: *listed });
        }
        for (_, place) in unseen {
            lifts.push(Lift::Waive { kind, place });
        }
    }

    fn unprotect(&self, other: &'p Address) -> Lift<'p> {
        let rules = match self.bar(other.as_str()) {
            Some(KeepReason::Protect(rule) | KeepReason::ProtectUnknown(rule)) => vec![rule.clone()],
            Some(KeepReason::Retain(_)) | None => self.protecting(other),
        };
        Lift::Unprotect { other, rules }
    }

    fn lower_retain(&self, other: &'p Address) -> Lift<'p> {
        let slot = match self.bar(other.as_str()) {
            Some(KeepReason::Retain(slot)) => Some(slot.as_str()),
            Some(KeepReason::Protect(_) | KeepReason::ProtectUnknown(_)) | None => None,
        };
        Lift::LowerRetain { other, rules: self.retaining(other), slot }
    }

    /// The protect rules that could speak of an address.
    fn protecting(&self, address: &Address) -> Vec<String> {
        let rules = self.policy.iter().flat_map(|policy| &policy.protect);
        rules.filter(|rule| admits(&rule.filters, address)).map(|rule| rule.name.clone()).collect()
    }

    /// The rules with a `retain` that could speak of an address.
    fn retaining(&self, address: &Address) -> Vec<String> {
        let rules = self.policy.iter().flat_map(|policy| &policy.collect);
        let rules = rules.filter(|rule| rule.retain.is_some() && admits(&rule.filters, address));
        rules.map(|rule| rule.name.clone()).collect()
    }
}

impl<'p> Case<'p> {
    fn rules(&self) -> Vec<&'p str> {
        self.cause.held.rules.iter().map(String::as_str).collect()
    }

    fn operation(&self, other: &Address) -> Option<&'p str> {
        let removal = self.rulebook?.kind(other.kind())?.removal.as_ref()?;
        Some(&removal.operation)
    }

    /// How the guard is forced, where that is a remedy.
    fn forceable(&self) -> Option<&'p Force> {
        self.guards.iter().find_map(|guard| guard.force())
    }

    fn force(&self, lifts: &mut Vec<Lift<'p>>) {
        let (Some(guard), Some(force)) = (&self.blocker.guard, self.forceable()) else { return };
        if self.strong.is_empty() {
            self.select_to_force(lifts);
        } else {
            let (consequence, only) = (force.consequence.as_str(), force.only.as_ref());
            lifts.push(Lift::GrantForce { rules: self.strong.clone(), guard, consequence, only });
        }
    }

    fn select_to_force(&self, lifts: &mut Vec<Lift<'p>>) {
        if let (Some(guard), Some(force)) = (&self.blocker.guard, self.forceable()) {
            let (consequence, only) = (force.consequence.as_str(), force.only.as_ref());
            lifts.push(Lift::SelectToForce { address: &self.cause.held.address, guard, consequence, only });
        }
    }

    fn wait(&self, lifts: &mut Vec<Lift<'p>>) {
        if let Some(guard) = &self.blocker.guard
            && self.guards.iter().any(|guard| guard.can_wait())
        {
            lifts.push(Lift::GrantWait { rules: self.rules(), guard });
        }
    }

    fn look_up(&self, lifts: &mut Vec<Lift<'p>>) {
        if let Some(guard) = &self.blocker.guard
            && self.guards.is_empty()
        {
            lifts.push(Lift::LookUp { provider: self.cause.held.address.provider(), guard });
        }
    }

    /// Of which resource which fact is missing.
    fn missing(&self) -> (&'p Address, Missing) {
        let own = &self.cause.held.address;
        match &self.blocker.by {
            Some(other) => (other, Missing::State),
            None if self.guards.iter().any(|guard| guard.other().is_some()) => (own, Missing::Links),
            None => (own, Missing::State),
        }
    }

    /// What to change of the resource itself.
    fn change(&self, lifts: &mut Vec<Lift<'p>>) {
        let of = &self.cause.held.address;
        for guard in &self.guards {
            match &guard.raised_by {
                RaisedBy::State(raises) => lifts.push(Lift::ChangeState { of, raises }),
                RaisedBy::Attribute(test) => {
                    lifts.push(Lift::ChangeAttribute { of, attribute: &test.name, raises: &test.raises });
                }
                RaisedBy::Claim { attribute, holders } => {
                    let mut kinds: Vec<&Kind> = holders.iter().map(|HolderClaim { kind, .. }| kind).collect();
                    kinds.sort_unstable();
                    kinds.dedup();
                    lifts.push(Lift::FindHolder { of, attribute, kinds });
                }
                RaisedBy::Other(Other { .. }) => {}
            }
        }
    }
}

fn draws<'d>(draws: &'d [Draw], kind: &str) -> impl Iterator<Item = &'d Draw> {
    draws.iter().filter(move |draw| draw.kind.as_str() == kind)
}

/// Whether filters let an address through.
fn admits(filters: &Filters, address: &Address) -> bool {
    let admits = |filter: Option<&str>, part: &str| filter.is_none_or(|filter| filter == part);
    admits(filters.provider.as_ref().map(AsRef::as_ref), address.provider())
        && admits(filters.account.as_ref().map(AsRef::as_ref), address.account())
        && admits(filters.region.as_ref().map(AsRef::as_ref), address.region())
        && admits(filters.kind.as_ref().map(AsRef::as_ref), address.kind())
}
