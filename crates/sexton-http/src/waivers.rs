//! What a plan takes as empty, for the run that carries it out.

use sexton_core::address::Kind;
use sexton_core::plan::AssumedNone;
use sexton_core::resource::Resource;
use sexton_provider::CallError;

use crate::Place;

/// The waivers that a plan rests on; none outside a run.
#[derive(Debug, Clone, Default)]
pub struct Waivers(Vec<AssumedNone>);

impl Waivers {
    /// Those of a plan.
    #[must_use]
    pub fn new(waivers: Vec<AssumedNone>) -> Self {
        Self(waivers)
    }

    /// What was listed of a kind; nothing where the plan takes the kind as empty and the identity may not ask `operation`
    /// for the list, as `is_denied` tells it from whatever else fails. What was listed and cannot be read in full is there,
    /// whatever the plan says.
    ///
    /// # Errors
    /// The listing's own, where it is not waived.
    pub fn listed(
        &self,
        kind: &Kind,
        place: &Place,
        operation: &str,
        is_denied: fn(&CallError) -> bool,
        listed: Result<Vec<Resource>, CallError>,
    ) -> Result<Vec<Resource>, CallError> {
        let is_waived = || self.0.iter().any(|waiver| waiver.is_of(kind, &place.account, &place.region));
        match listed {
            Err(error) if error.operation == operation && is_denied(&error) && is_waived() => Ok(Vec::new()),
            listed => listed,
        }
    }
}
