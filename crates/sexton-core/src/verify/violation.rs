//! What is wrong with a plan, piece by piece.

use std::fmt;

use serde::Serialize;

use crate::address::{Address, GuardCode, Kind};
use crate::plan::KeepReason;

/// How many violations are named; the rest is counted.
pub const MOST_NAMED: usize = 200;

/// How much of a value is shown.
const LONGEST_SHOWN: usize = 200;

/// One thing in which a plan is not what its inventory, its policy and the rulebooks give.
///
/// `expected` and `found` are JSON, cut where they are long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Violation {
    /// The plan as a whole says something else.
    Plan {
        /// What of it.
        part: PlanPart,
        /// What the inputs give.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A step removes what is not in the inventory.
    NotInInventory {
        /// The step's place.
        step: usize,
        /// What it removes.
        address: Address,
    },
    /// A step removes what an earlier one removes.
    Repeated {
        /// The step's place.
        step: usize,
        /// What both remove.
        address: Address,
    },
    /// A step removes what is protected or retained.
    Barred {
        /// What it removes.
        address: Address,
        /// What bars it.
        because: KeepReason,
    },
    /// A step removes what no rulebook has an operation for.
    NotRemovable {
        /// What it removes.
        address: Address,
    },
    /// A step removes what no rule selects and nothing that goes draws in.
    NotHeld {
        /// What it removes.
        address: Address,
    },
    /// A step removes what would have to go before itself.
    Cycle {
        /// What it removes.
        address: Address,
    },
    /// A step removes what a kind could guard that was not listed completely.
    Unlisted {
        /// What it removes.
        address: Address,
        /// The kind.
        kind: Kind,
    },
    /// A step removes what two rules match that pass different options.
    OptionsDisagree {
        /// What it removes.
        address: Address,
    },
    /// A guard on what a step removes is raised, and neither goes what raises it nor may it be forced or waited for.
    NotMet {
        /// What the step removes.
        address: Address,
        /// The guard.
        guard: GuardCode,
        /// What raises it; none where it is the resource's own fact.
        by: Option<Address>,
    },
    /// A resource could be collected, and the plan has no step for it.
    Omitted {
        /// The resource.
        address: Address,
    },
    /// A step says something else than the inputs give.
    Step {
        /// The step's place.
        step: usize,
        /// What it removes.
        address: Address,
        /// What of it.
        part: StepPart,
        /// What the inputs give.
        expected: String,
        /// What it says.
        found: String,
    },
    /// A resource is left out of a list.
    Unreported {
        /// The list.
        list: List,
        /// The resource.
        address: Address,
    },
    /// A list names what does not belong there.
    WronglyReported {
        /// The list.
        list: List,
        /// What it names.
        address: Address,
    },
    /// A list is not sorted by address, or names something twice.
    Unsorted {
        /// The list.
        list: List,
        /// What stands in the wrong place.
        address: Address,
    },
    /// A list says something else of a resource.
    Report {
        /// The list.
        list: List,
        /// The resource.
        address: Address,
        /// What of it.
        part: ReportPart,
        /// What the inputs give.
        expected: String,
        /// What it says.
        found: String,
    },
}

/// A part of a plan as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlanPart {
    /// The digest of its own document.
    Digest,
    /// The digest of the inventory.
    InventoryDigest,
    /// When the inventory was taken.
    TakenAt,
    /// The digest of the policy.
    PolicyDigest,
    /// The text of the policy.
    PolicyText,
    /// The instant at which ages are taken: not before the inventory was.
    Now,
    /// From when on it is no longer carried out.
    ExpiresAt,
    /// What had been listed.
    Census,
    /// The waivers.
    Assumed,
    /// Whether it may be carried out.
    Applyable,
    /// Whether nothing is held for an incomplete census.
    Complete,
    /// The limits that it exceeds.
    Exceeded,
    /// Its counts.
    Summary,
    /// Its remarks.
    Findings,
}

/// A part of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepPart {
    /// Its place: steps are sorted by wave, then address.
    Place,
    /// The number of its place.
    Index,
    /// The operation.
    Operation,
    /// The name, for people.
    Name,
    /// When the resource was made.
    CreatedAt,
    /// Its size.
    SizeBytes,
    /// Its tags.
    Tags,
    /// The wave.
    Wave,
    /// The direct predecessors.
    After,
    /// The carrier.
    With,
    /// The rules that hold it.
    Rules,
    /// How it was drawn in.
    DrawnBy,
    /// What is forced.
    Force,
    /// What is lost by it.
    Consequences,
    /// What is waited for.
    Wait,
    /// The options.
    Options,
    /// When the resource has to have been made.
    ExpectedCreatedAt,
    /// The state to be found.
    ExpectedState,
    /// The tags to be found.
    ExpectedTags,
    /// The attributes to be found.
    ExpectedAttributes,
    /// The dependents whose loss was accepted.
    ExpectedDependents,
    /// The retained of its groups.
    ExpectedRetained,
}

/// One of the lists of what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum List {
    /// Selected, and something is in the way.
    Held,
    /// Not selected; a rule would draw it in but for what is in the way.
    Blocked,
    /// Matched and barred.
    Kept,
}

/// A part of what a list says of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportPart {
    /// The rules.
    Rules,
    /// What is in the way.
    Blockers,
    /// What bars it.
    Because,
}

/// The violations of a plan: the first of them, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Violations {
    /// The first [`MOST_NAMED`].
    pub named: Vec<Violation>,
    /// How many there are in all.
    pub count: u64,
}

impl Violations {
    pub(super) fn add(&mut self, violation: impl FnOnce() -> Violation) {
        if self.named.len() < MOST_NAMED {
            self.named.push(violation());
        }
        self.count += 1;
    }

    /// A part of the plan as a whole.
    pub(super) fn part<T: Serialize + PartialEq + ?Sized>(&mut self, part: PlanPart, expected: &T, found: &T) {
        if expected != found {
            self.add(|| Violation::Plan { part, expected: shown(expected), found: shown(found) });
        }
    }

    /// Takes in what was found elsewhere, after what was found here.
    pub(super) fn absorb(&mut self, other: Violations) {
        let room = MOST_NAMED - self.named.len();
        self.named.extend(other.named.into_iter().take(room));
        self.count += other.count;
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// A value as JSON, cut where it is long.
pub(super) fn shown<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = serde_json::to_string(value).expect("what a plan holds is JSON");
    if text.len() > LONGEST_SHOWN {
        let mut end = LONGEST_SHOWN;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// The name of a word of ours, as it stands in JSON.
fn word(value: &impl Serialize) -> String {
    shown(value).trim_matches('"').to_owned()
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Violation::Plan { part, expected, found } => {
                write!(f, "{} of the plan is {found}, and has to be {expected}", word(part))
            }
            Violation::NotInInventory { step, address } => {
                write!(f, "step {step} removes {address}, which is not in the inventory")
            }
            Violation::Repeated { step, address } => {
                write!(f, "step {step} removes {address}, which an earlier step removes")
            }
            Violation::Barred { address, because } => write!(f, "{address} is kept ({})", shown(because)),
            Violation::NotRemovable { address } => write!(f, "{address}: no rulebook has an operation that removes it"),
            Violation::NotHeld { address } => write!(f, "{address}: no rule collects it or draws it in"),
            Violation::Cycle { address } => write!(f, "{address} would have to go before itself"),
            Violation::Unlisted { address, kind } => {
                write!(f, "{address}: kind {kind}, which could guard it, was not listed completely")
            }
            Violation::OptionsDisagree { address } => {
                write!(f, "{address}: the rules that match it pass different options")
            }
            Violation::NotMet { address, guard, by: Some(by) } => {
                write!(f, "{address} is guarded by {guard}, which {by} raises and nothing lifts")
            }
            Violation::NotMet { address, guard, by: None } => {
                write!(f, "{address} is guarded by {guard}, which nothing lifts")
            }
            Violation::Omitted { address } => write!(f, "{address} could be collected, and the plan leaves it out"),
            Violation::Step { step, address, part, expected, found } => {
                write!(f, "step {step}, {address}: {} is {found}, and has to be {expected}", word(part))
            }
            Violation::Unreported { list, address } => {
                write!(f, "{address} belongs into {} and is not there", word(list))
            }
            Violation::WronglyReported { list, address } => {
                write!(f, "{address} is in {} and does not belong there", word(list))
            }
            Violation::Unsorted { list, address } => {
                write!(f, "{} is not sorted by address, each once: {address}", word(list))
            }
            Violation::Report { list, address, part, expected, found } => {
                write!(f, "{}, {address}: {} is {found}, and has to be {expected}", word(list), word(part))
            }
        }
    }
}

impl fmt::Display for Violations {
    /// One a line, and how many more there are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, violation) in self.named.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{violation}")?;
        }
        let more = self.count.saturating_sub(self.named.len() as u64);
        if more > 0 {
            write!(f, "\nand {more} more")?;
        }
        Ok(())
    }
}
