//! What differs between the services that a desk answers for: how a request is read, who may ask, what is done, and how
//! an answer looks on the wire.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use sexton_core::inventory::{BuildError, Inventory};

use crate::error::ApiError;
use crate::request::RawRequest;

/// One provider's side of the wire. It decides nothing about faults: those strike every service alike.
pub(crate) trait Cloud: fmt::Debug + Send + 'static {
    /// A request that was understood.
    type Asked;
    /// A request whose caller is known and whose operation is served.
    type Admitted;
    /// What an operation that was carried out tells.
    type Done;

    /// Lets happen what is due by now.
    fn settle(&mut self, now: Timestamp);

    /// The whole world, complete as of that time.
    fn inventory(&self, now: Timestamp) -> Result<Inventory, BuildError>;

    /// What a request asks for. Whatever could be told of it is noted, also where it is then refused.
    fn read(&self, request: &RawRequest, note: &mut Note) -> Result<Self::Asked, ApiError>;

    /// Who asks, noted as well, and whether the operation is served at all.
    fn admit(
        &mut self,
        request: &RawRequest,
        asked: Self::Asked,
        note: &mut Note,
        now: Timestamp,
    ) -> Result<Self::Admitted, ApiError>;

    /// Does it.
    fn carry_out(&mut self, admitted: Self::Admitted, turn: Turn<'_>) -> Result<Self::Done, ApiError>;

    /// The service's own way of saying that there were too many calls.
    fn throttled(&self) -> ApiError;

    /// The service's own way of saying that something broke, with what a faults file says of it.
    fn broken(&self, status: u16, code: &str) -> ApiError;

    /// What goes over the wire, to a request of which that is known.
    fn write(&self, note: &Note, reply: Result<&Self::Done, &ApiError>, request_id: &str) -> Written;

    /// The header by which the service asks a throttled client to wait.
    fn retry_after(&self, millis: u64) -> (&'static str, String);
}

/// What may be written down of a request: never a secret.
#[derive(Debug, Default)]
pub(crate) struct Note {
    /// The name of the operation, as it was asked for.
    pub(crate) operation: String,
    /// What it was asked with.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The public half of the caller's keys.
    pub(crate) access_key_id: Option<String>,
    /// The format of the answer, where the service has several.
    pub(crate) format: Format,
}

/// The format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Json,
    Xml,
}

/// When and where a call is carried out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn<'a> {
    /// The time that the call is judged by.
    pub(crate) now: Timestamp,
    /// How many calls came before, this one included.
    pub(crate) seq: u64,
    /// Of everything that is random.
    pub(crate) seed: u64,
    /// `HOST:PORT` of this server.
    pub(crate) endpoint: &'a str,
}

/// An answer as it goes over the wire.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// Further headers.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}
