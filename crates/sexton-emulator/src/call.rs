//! One admitted call, and what every operation may ask about it.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::clock;
use crate::credential::{Credential, DeniedListings};
use crate::dice::Dice;
use crate::error::{ApiError, Reply, done};
use crate::faults::{Behaviour, Missing};
use crate::operation::{Operation, RegionParameter};
use crate::paging::{Listing, Page, Pages};
use crate::parameters::Parameters;
use crate::world::World;

/// A query by tag or resource group finds no more (vendor documentation of the listings).
const MAX_FILTERED: usize = 1000;

/// One admitted call.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation,
    pub(crate) parameters: &'a Parameters,
    pub(crate) now: Timestamp,
    pub(crate) caller: &'a Credential,
    /// `HOST:PORT` of this server.
    pub(crate) endpoint: &'a str,
    pub(crate) behaviour: Behaviour,
    pub(crate) dice: Dice,
    /// Whether the caller sees nothing, without being told so.
    pub(crate) is_blind: bool,
}

impl Call<'_> {
    /// Whether the caller may make the call; a listing may go blind in place of being refused.
    pub(crate) fn permit(&mut self) -> Result<(), ApiError> {
        if self.caller.may(self.operation.name(), &self.operation.ram_action()) {
            return Ok(());
        }
        let goes_blind = match self.caller.denied_listings {
            DeniedListings::InstancesEmpty => self.operation == Operation::DescribeInstances,
            DeniedListings::AllEmpty => self.operation.is_listing(),
        };
        if !goes_blind || self.parameters.is_set("DryRun")? {
            return Err(ApiError::forbidden(self.operation.name()));
        }
        self.is_blind = true;
        Ok(())
    }

    /// Whether the call means this region.
    pub(crate) fn check_region(&self, world: &World) -> Result<(), ApiError> {
        match self.operation.region_parameter() {
            RegionParameter::None => Ok(()),
            RegionParameter::Required { unknown_status } => {
                if self.parameters.required("RegionId")? == world.region() {
                    return Ok(());
                }
                Err(ApiError::new(unknown_status, "InvalidRegionId.NotFound", "The specified RegionId does not exist."))
            }
        }
    }

    /// With `DryRun=true` a call that would have passed is refused with `DryRunOperation`.
    pub(crate) fn check_dry_run(&self) -> Result<(), ApiError> {
        if !self.parameters.is_set("DryRun")? {
            return Ok(());
        }
        let status = self.behaviour.dry_run_status;
        Err(ApiError::new(status, "DryRunOperation", "Request validation has been passed with DryRun flag set."))
    }

    /// What the removal of something that is not there answers.
    pub(crate) fn missing(&self, code: &'static str) -> Reply {
        match self.behaviour.missing {
            Missing::NotFound => Err(ApiError::new(404, code, "The specified resource does not exist.")),
            Missing::Ignored => done(),
        }
    }

    /// The page of what the call selects, in the order of the ids.
    pub(crate) fn page<'w, T>(
        &mut self,
        rows: impl Iterator<Item = &'w T>,
        id: fn(&T) -> &str,
        pages: Pages,
    ) -> Result<Page<'w, T>, ApiError> {
        let is_capped = !self.parameters.tags()?.is_empty() || self.parameters.get("ResourceGroupId").is_some();
        let most = match (self.is_blind, is_capped) {
            (true, _) => 0,
            (false, true) => MAX_FILTERED,
            (false, false) => usize::MAX,
        };
        let listing = Listing { rows: rows.take(most).collect(), id };
        let dice = self.behaviour.short_pages.then_some(&mut self.dice);
        listing.page(self.operation.name(), pages, self.parameters, dice)
    }

    /// The filter of a parameter: passes everything where it is not given.
    pub(crate) fn filter(&self, name: &str) -> Filter<'_> {
        Filter(self.parameters.get(name))
    }

    /// The bounds on the time of creation that `Filter.N` gives.
    pub(crate) fn created_within(&self) -> Result<(Timestamp, Timestamp), ApiError> {
        let mut bounds = (Timestamp::MIN, Timestamp::MAX);
        for (key, value) in self.parameters.filters()? {
            let bound = || {
                clock::parse(value)
                    .ok_or_else(|| ApiError::new(404, "InvalidFilterValue", "The specified filter value is not valid."))
            };
            match key {
                "CreationStartTime" => bounds.0 = bound()?,
                "CreationEndTime" => bounds.1 = bound()?,
                _ => {
                    return Err(ApiError::new(
                        404,
                        "InvalidFilterKey.NotFound",
                        "The specified filter key is not valid.",
                    ));
                }
            }
        }
        Ok(bounds)
    }
}

/// The wanted value of one field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter<'a>(Option<&'a str>);

impl Filter<'_> {
    /// Whether the field has the wanted value. `all` in any case of letters wants every value.
    pub(crate) fn passes(self, value: Option<&str>) -> bool {
        match self.0 {
            None => true,
            Some(wanted) if wanted.eq_ignore_ascii_case("all") => true,
            Some(wanted) => value == Some(wanted),
        }
    }
}

/// Whether an id is among the wanted ones; all are where there is no such list.
pub(crate) fn is_wanted(wanted: Option<&BTreeSet<String>>, id: &str) -> bool {
    wanted.is_none_or(|ids| ids.contains(id))
}
