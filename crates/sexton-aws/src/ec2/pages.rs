//! Reading a listing to its end, or knowing that it was not.

use std::collections::HashSet;

use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_http::{Endpoint, Pace, Purpose};
use sexton_provider::CallError;

use super::row::{DecodeError, Row};
use crate::rpc::{Call, Client, Reply, Request, Service};

/// Parameters of a call, before encoding.
pub(crate) type Parameters = Vec<(String, String)>;

/// Makes parameters of literals.
pub(crate) fn parameters<const N: usize>(pairs: [(&str, &str); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Calls the read operations of one service at one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    pub(crate) client: &'a Client,
    pub(crate) service: Service,
    pub(crate) endpoint: Endpoint,
    pub(crate) region: String,
    pub(crate) pace: Pace,
}

/// One listing, divided into pages by `NextToken`.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) operation: &'static str,
    pub(crate) parameters: Parameters,
    pub(crate) page: PageSize,
    pub(crate) rows: RowsOf,
}

/// How many rows a page is asked to have, and by which parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSize {
    pub(crate) parameter: &'static str,
    pub(crate) rows: usize,
}

/// Finds the rows of a page.
pub(crate) type RowsOf = for<'r> fn(Row<'r>) -> Result<Vec<Found<'r>>, DecodeError>;

/// A row of a page.
#[derive(Debug)]
pub(crate) struct Found<'r> {
    /// By which a repetition is known.
    pub(crate) id: String,
    pub(crate) row: Row<'r>,
}

/// The rows of a list, with their ids.
pub(crate) fn rows_of<'r>(page: Row<'r>, list: &str, id: &'static str) -> Result<Vec<Found<'r>>, DecodeError> {
    page.answer_rows(list)?.into_iter().map(|row| Ok(Found { id: row.id(id)?, row })).collect()
}

/// What a listing came to.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The provider's time at the first page.
    pub(crate) as_of: Fact<Timestamp>,
    /// How many rows were seen, each once.
    pub(crate) rows: u64,
    /// Whether that is all.
    pub(crate) end: Result<(), Shortfall>,
}

/// Why a listing is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Shortfall {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A page cannot be read.
    #[error("{operation}: {source}")]
    Unreadable { operation: &'static str, source: DecodeError },
    /// The next page is one that was read before.
    #[error("{operation}: the provider repeats a page token, so the listing would not end")]
    TokenRepeats { operation: &'static str },
    /// More pages than there can be.
    #[error("{operation}: the listing does not end within {MOST_PAGES} pages")]
    NoEnd { operation: &'static str },
    /// Whatever page is asked for is full, and none follows.
    #[error(
        "{operation}: asked for {rows} rows it gives {rows} and for one less that many, each time as if that were all: there may be more"
    )]
    CutOff { operation: &'static str, rows: usize },
}

const MOST_PAGES: u32 = 1_000_000;

/// Takes the new rows of a page, and how many rows were seen with them.
pub(crate) type TakePage<'t> = &'t mut (dyn FnMut(&[Found<'_>], u64) -> Result<(), DecodeError> + Send);

impl Reader<'_> {
    /// Makes one read call of the query protocol.
    pub(crate) async fn read(&self, operation: &'static str, parameters: Parameters) -> Result<Reply, CallError> {
        self.request(operation, Request::Query(parameters)).await
    }

    /// Makes one read call.
    pub(crate) async fn request(&self, operation: &'static str, request: Request) -> Result<Reply, CallError> {
        let (service, endpoint, region) = (self.service, self.endpoint.clone(), self.region.clone());
        let call = Call { service, endpoint, region, operation, request, purpose: Purpose::Read };
        self.client.read_paced(&call, self.pace).await
    }

    /// Reads a listing to its end, handing over each row once.
    pub(crate) async fn walk(&self, query: &Query, take: TakePage<'_>) -> Walk {
        let mut walk = Walking { query, take, as_of: None, seen: HashSet::new() };
        let end = walk.read_all(self).await;
        Walk { as_of: walk.as_of.unwrap_or(Fact::Unknown), rows: walk.seen.len() as u64, end }
    }
}

struct Walking<'q, 't> {
    query: &'q Query,
    take: TakePage<'t>,
    as_of: Option<Fact<Timestamp>>,
    seen: HashSet<String>,
}

/// What one page held.
struct Page {
    rows: usize,
    next_token: Option<String>,
}

/// How a pass over the pages ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// With the last page.
    Settled,
    /// With a first page that has exactly as many rows as were asked for. A server that cuts off looks the same.
    Full,
}

impl Walking<'_, '_> {
    async fn read_all(&mut self, reader: &Reader<'_>) -> Result<(), Shortfall> {
        let rows = self.query.page.rows;
        if self.pass(reader, rows).await? == Ending::Settled || self.pass(reader, rows - 1).await? == Ending::Settled {
            return Ok(());
        }
        Err(Shortfall::CutOff { operation: self.query.operation, rows })
    }

    async fn pass(&mut self, reader: &Reader<'_>, rows: usize) -> Result<Ending, Shortfall> {
        let operation = self.query.operation;
        let mut tokens = HashSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut parameters = self.query.parameters.clone();
            parameters.push((self.query.page.parameter.to_owned(), rows.to_string()));
            parameters.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            let page = self.page(reader, parameters).await?;
            match page.next_token {
                None if tokens.is_empty() && page.rows == rows => return Ok(Ending::Full),
                None => return Ok(Ending::Settled),
                Some(next) if !tokens.insert(next.clone()) => return Err(Shortfall::TokenRepeats { operation }),
                Some(next) => token = Some(next),
            }
        }
        Err(Shortfall::NoEnd { operation })
    }

    async fn page(&mut self, reader: &Reader<'_>, parameters: Parameters) -> Result<Page, Shortfall> {
        let operation = self.query.operation;
        let unreadable = |source| Shortfall::Unreadable { operation, source };
        let reply = reader.read(operation, parameters).await?;
        self.as_of.get_or_insert(reply.date);
        let page = Row::new(&reply.body);
        let mut found = (self.query.rows)(page).map_err(unreadable)?;
        let rows = found.len();
        found.retain(|found| self.seen.insert(found.id.clone()));
        (self.take)(&found, self.seen.len() as u64).map_err(unreadable)?;
        Ok(Page { rows, next_token: page.text("nextToken").or_else(|| page.text("NextToken")) })
    }
}
