//! Reading a listing to its end, or knowing that it was not.
//!
//! Pages are numbered, and there is neither a cursor nor a documented order: rows shift when something comes or goes. A
//! listing is complete where one pass over its pages saw as many distinct rows as each of them counted.

use std::collections::HashSet;

use serde_json::Value;
use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_http::{Pace, Purpose};
use sexton_provider::CallError;

use super::row::{DecodeError, Row};
use crate::rpc::{Call, Parameters, Reply, RpcClient};

/// The list of every answer that has pages.
const LIST: &str = "dataSet";

/// Makes read calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) client: &'a RpcClient,
    pub(crate) pace: Pace,
}

/// One listing.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) operation: &'static str,
    pub(crate) parameters: Parameters,
    /// Rows of a page.
    pub(crate) size: u32,
    /// The field of a row by which a repetition is known.
    pub(crate) id: &'static str,
}

impl Query {
    /// With one more parameter.
    pub(crate) fn with(mut self, (name, value): (&str, Value)) -> Self {
        self.parameters.insert(name.to_owned(), value);
        self
    }
}

/// What a listing came to.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The provider's time at the first page.
    pub(crate) as_of: Fact<Timestamp>,
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
    /// More pages than there can be.
    #[error("{operation}: the listing does not end within {MOST_PAGES} pages")]
    NoEnd { operation: &'static str },
    /// Every attempt saw another number of rows than the provider said there are.
    #[error(
        "{operation}: the listing changed while it was read, {PASSES} times (last: {seen} of {total} rows): list again when less is going on"
    )]
    Moves { operation: &'static str, seen: u64, total: u64 },
}

const MOST_PAGES: u32 = 1_000_000;
const PASSES: u32 = 3;

/// Takes the new rows of a page, how many rows were seen with them, and how many there are in all.
pub(crate) type TakePage<'t> = &'t mut (dyn FnMut(&[Row<'_>], u64, Option<u64>) -> Result<(), DecodeError> + Send);

impl Reader<'_> {
    /// Makes one read call.
    pub(crate) async fn read(&self, operation: &'static str, parameters: Parameters) -> Result<Reply, CallError> {
        self.client.call_paced(&Call { operation, parameters, purpose: Purpose::Read }, self.pace).await
    }

    /// Reads a listing to its end, handing over each row once.
    pub(crate) async fn walk(&self, query: &Query, take: TakePage<'_>) -> Walk {
        let mut walk = Walking { query, take, as_of: None, seen: HashSet::new() };
        let end = walk.until_settled(self).await;
        Walk { as_of: walk.as_of.unwrap_or(Fact::Unknown), end }
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
    ids: Vec<String>,
    total: Option<u64>,
}

enum Pass {
    Settled,
    Moved { seen: u64, total: u64 },
}

impl Walking<'_, '_> {
    async fn until_settled(&mut self, reader: &Reader<'_>) -> Result<(), Shortfall> {
        let mut last = (0, 0);
        for _ in 0..PASSES {
            match self.pass(reader).await? {
                Pass::Settled => return Ok(()),
                Pass::Moved { seen, total } => last = (seen, total),
            }
        }
        Err(Shortfall::Moves { operation: self.query.operation, seen: last.0, total: last.1 })
    }

    /// Reads all pages once, until as many rows were seen as were counted, or a page brings none that is new.
    async fn pass(&mut self, reader: &Reader<'_>) -> Result<Pass, Shortfall> {
        let mut ids = HashSet::new();
        let mut total: Option<u64> = None;
        let mut same_total = true;
        for number in 1..=MOST_PAGES {
            let page = self.page(reader, number).await?;
            same_total &= number == 1 || page.total == total;
            total = page.total;
            let before = ids.len();
            ids.extend(page.ids);
            let seen = ids.len() as u64;
            let news = ids.len() > before;
            if news && total.is_none_or(|total| seen < total) {
                continue;
            }
            let settled = same_total && total.is_none_or(|total| seen == total);
            return Ok(if settled { Pass::Settled } else { Pass::Moved { seen, total: total.unwrap_or(seen) } });
        }
        Err(Shortfall::NoEnd { operation: self.query.operation })
    }

    async fn page(&mut self, reader: &Reader<'_>, number: u32) -> Result<Page, Shortfall> {
        let operation = self.query.operation;
        let unreadable = |source| Shortfall::Unreadable { operation, source };
        let mut parameters = self.query.parameters.clone();
        parameters.insert("pageNum".to_owned(), Value::from(number));
        parameters.insert("pageSize".to_owned(), Value::from(self.query.size));
        let reply = reader.read(operation, parameters).await?;
        self.as_of.get_or_insert(reply.date);
        let page = Row::new(&reply.body);
        let total = page.number("totalCount");
        let rows = page.answer_rows(LIST).map_err(unreadable)?;
        let mut ids = Vec::with_capacity(rows.len());
        let mut news = Vec::new();
        for row in rows {
            let id = row.id(self.query.id).map_err(|error| unreadable(error.into()))?;
            if self.seen.insert(id.clone()) {
                news.push(row);
            }
            ids.push(id);
        }
        (self.take)(&news, self.seen.len() as u64, total).map_err(unreadable)?;
        Ok(Page { ids, total })
    }
}
