//! The trait that a provider crate implements, and what its listing and probing calls speak of.

use std::sync::Arc;

use async_trait::async_trait;
use sexton_core::address::{Account, Address, Kind, Region};
use sexton_core::inventory::CensusLine;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Rulebook;
use sexton_core::time::Timestamp;

use crate::{Answer, CallError, Quota, RemovalCall};

/// Who the caller is, by the provider's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account that the credentials belong to.
    pub account: Account,
    /// The region that the endpoint serves, by the provider's own word.
    pub region: Region,
}

/// What a second look at a resource found.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// It is there, like this.
    Present(Box<Resource>),
    /// It lies in the provider's recycle bin, where it guards nothing and can be taken out again.
    Parked {
        /// Until when, where the provider says.
        until: Option<Timestamp>,
    },
    /// The provider knows no such resource. Means *gone* only where identity and region were checked.
    Absent,
}

/// Something that kept a listing from being complete, for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListProblem {
    /// The region.
    pub region: Region,
    /// The kind whose listing suffers.
    pub kind: Kind,
    /// What happened and what to do, free of secrets.
    pub message: String,
}

/// Takes what a listing finds, as it finds it.
pub trait ListSink: Send {
    /// One resource.
    fn resource(&mut self, resource: Resource);
    /// The end of one listing: complete or not, as of the provider's `Date`.
    fn census(&mut self, line: CensusLine);
    /// Why a listing is not complete.
    fn problem(&mut self, problem: ListProblem);
    /// How far a listing is: resources seen and, where that is known, in all. Of a kind that takes a call for each of
    /// other resources, those are counted.
    fn progress(&mut self, region: &Region, kind: &Kind, seen: u64, total: Option<u64>);
}

/// A cloud provider, under one identity. Object-safe; shared between the tasks of a run.
///
/// No method tries again what failed in passing, sleeps for a quota, or turns an error into an empty answer; only the pages
/// of a listing are asked for again, and what a service is known to have left undone is sent once more where that alone tells
/// why: signed by the service's own time, or one target by itself. None has a body of its own: what a provider does not say,
/// nobody says for it, and a [wrapper](crate::wrap) cannot forget to hand one on.
#[async_trait]
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// What the provider refuses, and which operation removes what.
    fn rulebook(&self) -> &Rulebook;

    /// What is known of the provider's quotas; empty where nothing is.
    fn quotas(&self) -> &[Quota];

    /// Grows whenever the provider uses other credentials from then on; always the same where it never does.
    ///
    /// A run asks again who the caller is once this has grown, before its next removal. [`remove`](Self::remove) uses
    /// the credentials of the number last given and fails, without effect, rather than take new ones.
    fn credentials_generation(&self) -> u64;

    /// The regions that this provider was configured for, `"all"` resolved by asking.
    ///
    /// # Errors
    /// The call that lists regions failed.
    async fn regions(&self) -> Result<Vec<Region>, CallError>;

    /// Asks who the caller is and which region the endpoint used for `region` serves.
    ///
    /// # Errors
    /// A call failed, or the endpoint serves no region that it could name (class permanent).
    async fn identity(&self, region: &Region) -> Result<Identity, CallError>;

    /// Lists every kind of one region into the sink, each kind ended by its census line.
    ///
    /// A listing that failed, was denied or was cut short is an incomplete census line and a problem, not an error.
    ///
    /// # Errors
    /// Nothing could be listed at all: the identity is not known.
    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError>;

    /// Looks again at resources of one kind, account and region, with the facts a listing would give of them.
    ///
    /// # Returns
    /// One entry for each address asked, in that order.
    ///
    /// # Errors
    /// The look failed as a whole, and says nothing about any of them.
    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError>;

    /// The resources that refer to the target now, as far as the provider can be asked.
    ///
    /// # Errors
    /// A call failed, and nothing is known.
    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError>;

    /// Sends one removal call for one or several targets that may share it.
    ///
    /// # Returns
    /// One answer for each target, in their order; an error of the whole call is given to each.
    async fn remove(&self, call: &RemovalCall) -> Vec<Answer>;
}

#[async_trait]
impl<P: Provider + ?Sized> Provider for Arc<P> {
    fn rulebook(&self) -> &Rulebook {
        (**self).rulebook()
    }

    fn quotas(&self) -> &[Quota] {
        (**self).quotas()
    }

    fn credentials_generation(&self) -> u64 {
        (**self).credentials_generation()
    }

    async fn regions(&self) -> Result<Vec<Region>, CallError> {
        (**self).regions().await
    }

    async fn identity(&self, region: &Region) -> Result<Identity, CallError> {
        (**self).identity(region).await
    }

    async fn list(&self, region: &Region, sink: &mut dyn ListSink) -> Result<(), CallError> {
        (**self).list(region, sink).await
    }

    async fn probe(&self, targets: &[Address]) -> Result<Vec<Observed>, CallError> {
        (**self).probe(targets).await
    }

    async fn dependents(&self, target: &Address) -> Result<Vec<Resource>, CallError> {
        (**self).dependents(target).await
    }

    async fn remove(&self, call: &RemovalCall) -> Vec<Answer> {
        (**self).remove(call).await
    }
}
