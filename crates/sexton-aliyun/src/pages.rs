//! Reading a listing to its end, or knowing that it was not.

use std::collections::HashSet;

use sexton_core::fact::Fact;
use sexton_core::time::Timestamp;
use sexton_http::{Endpoint, Pace, Purpose};
use sexton_provider::CallError;

use crate::row::{DecodeError, Row};
use crate::rpc::{Call, Reply, RpcClient, Service};
use crate::shortfall::Shortfall;

/// Parameters of a call, before encoding.
pub(crate) type Parameters = Vec<(String, String)>;

/// Makes parameters of literals.
pub(crate) fn parameters<const N: usize>(pairs: [(&str, &str); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Calls the read operations of one service at one endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    pub(crate) client: &'a RpcClient,
    pub(crate) service: Service,
    pub(crate) endpoint: Endpoint,
    pub(crate) pace: Pace,
}

/// How an operation divides its listing into pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paging {
    /// By `NextToken`, with so many rows a page. Its `TotalCount` means nothing, by the vendor's documentation.
    Token(u32),
    /// By number in that parameter, with so many rows a page. Not a snapshot in time: rows shift when something is
    /// deleted.
    Numbered { number: &'static str, size: u32 },
    /// From `StartTime` on, with so many rows a page, each page told where the next begins by `NextStartTime`.
    Onward { size: u32 },
}

/// One listing.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) operation: &'static str,
    pub(crate) parameters: Parameters,
    pub(crate) paging: Paging,
    pub(crate) rows: RowsOf,
}

/// Finds the rows of a page.
pub(crate) type RowsOf = for<'r> fn(Row<'r>) -> Result<Vec<Found<'r>>, DecodeError>;

/// A row of a page.
#[derive(Debug)]
pub(crate) struct Found<'r> {
    /// By which a repetition is known.
    pub(crate) id: String,
    pub(crate) row: Row<'r>,
    /// Whether it is one of those that `TotalCount` surely counts.
    pub(crate) counted: bool,
}

/// The rows of the list `outer.inner`, with their ids.
pub(crate) fn rows_of<'r>(
    page: Row<'r>,
    outer: &str,
    inner: &str,
    id: &'static str,
) -> Result<Vec<Found<'r>>, DecodeError> {
    let rows = page.answer_rows(outer, inner)?;
    rows.into_iter().map(|row| Ok(Found { id: row.id(id)?, row, counted: true })).collect()
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

/// More than there can be.
pub(crate) const MOST_PAGES: u32 = 1_000_000;
/// How often a listing by number is read while it changes.
pub(crate) const PASSES: u32 = 3;

/// Takes the new rows of a page, how many rows were seen with them, and how many there are in all.
pub(crate) type TakePage<'t> = &'t mut (dyn FnMut(&[Found<'_>], u64, Option<u64>) -> Result<(), DecodeError> + Send);

impl Reader<'_> {
    /// Makes one read call.
    pub(crate) async fn read(&self, operation: &'static str, parameters: Parameters) -> Result<Reply, CallError> {
        let (service, endpoint) = (self.service, self.endpoint.clone());
        let call = Call { service, endpoint, operation, parameters, purpose: Purpose::Read };
        self.client.call_paced(&call, self.pace).await
    }

    /// Reads a listing to its end, handing over each row once.
    pub(crate) async fn walk(&self, query: &Query, take: TakePage<'_>) -> Walk {
        let mut walk = Walking { query, take, as_of: None, seen: HashSet::new() };
        let end = match query.paging {
            Paging::Token(size) => walk.by_token(self, size).await,
            Paging::Numbered { number, size } => walk.by_number(self, number, size).await,
            Paging::Onward { size } => walk.onward(self, size).await,
        };
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
    ids: Vec<(String, bool)>,
    total: Option<u64>,
    next_token: Option<String>,
    next_start: Option<String>,
}

impl Walking<'_, '_> {
    async fn by_token(&mut self, reader: &Reader<'_>, size: u32) -> Result<(), Shortfall> {
        let operation = self.query.operation;
        let mut tokens = HashSet::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut parameters = self.query.parameters.clone();
            parameters.push(("MaxResults".to_owned(), size.to_string()));
            parameters.extend(token.take().map(|token| ("NextToken".to_owned(), token)));
            match self.page(reader, parameters, false).await?.next_token {
                None => return Ok(()),
                Some(next) if !tokens.insert(next.clone()) => return Err(Shortfall::TokenRepeats { operation }),
                Some(next) => token = Some(next),
            }
        }
        Err(Shortfall::NoEnd { operation })
    }

    async fn by_number(&mut self, reader: &Reader<'_>, number: &'static str, size: u32) -> Result<(), Shortfall> {
        let mut last = (0, 0);
        for _ in 0..PASSES {
            match self.pass(reader, number, size).await? {
                Pass::Settled => return Ok(()),
                Pass::Moved { seen, total } => last = (seen, total),
            }
        }
        Err(Shortfall::Moves { operation: self.query.operation, seen: last.0, total: last.1 })
    }

    /// Whether `NextStartTime` is the time of the last row told or of the first that was not is not documented: rows that
    /// come twice are taken once. A time that does not advance would be read for ever.
    async fn onward(&mut self, reader: &Reader<'_>, size: u32) -> Result<(), Shortfall> {
        let operation = self.query.operation;
        let bound = |name: &str| {
            let pair = self.query.parameters.iter().find(|(known, _)| known == name);
            pair.and_then(|(_, value)| value.parse::<Timestamp>().ok())
        };
        let (mut from, to) = (bound("StartTime"), bound("EndTime"));
        for _ in 0..MOST_PAGES {
            let mut parameters = self.query.parameters.clone();
            if let Some(from) = from {
                parameters.retain(|(name, _)| name != "StartTime");
                parameters.push(("StartTime".to_owned(), from.to_string()));
            }
            parameters.push(("Limit".to_owned(), size.to_string()));
            let Some(next) = self.page(reader, parameters, false).await?.next_start else { return Ok(()) };
            let Ok(next) = next.parse::<Timestamp>() else { return Err(Shortfall::NoTime { operation, next }) };
            if from.is_none_or(|from| next <= from) {
                return Err(Shortfall::Stands { operation, next });
            }
            if to.is_some_and(|to| next > to) {
                return Ok(());
            }
            from = Some(next);
        }
        Err(Shortfall::NoEnd { operation })
    }

    /// Reads all pages once. They are one listing if the provider said the same total on each, and so many rows were
    /// seen: where rows shift between pages, one is missed or seen twice.
    async fn pass(&mut self, reader: &Reader<'_>, parameter: &'static str, size: u32) -> Result<Pass, Shortfall> {
        let mut ids = HashSet::new();
        let mut counted: u64 = 0;
        let mut total: Option<u64> = None;
        let mut same_total = true;
        for number in 1..=MOST_PAGES {
            let mut parameters = self.query.parameters.clone();
            parameters.push((parameter.to_owned(), number.to_string()));
            parameters.push(("PageSize".to_owned(), size.to_string()));
            let page = self.page(reader, parameters, true).await?;
            same_total &= number == 1 || page.total == total;
            total = page.total;
            let mut news = false;
            for (id, counts) in page.ids {
                if ids.insert(id) {
                    news = true;
                    counted += u64::from(counts);
                }
            }
            let all_counted = total.is_some_and(|total| counted >= total);
            if news && !all_counted {
                continue;
            }
            let seen = ids.len() as u64;
            let settled = match total {
                None => true,
                Some(total) => counted == total || seen == total,
            };
            return Ok(if same_total && settled {
                Pass::Settled
            } else {
                Pass::Moved { seen, total: total.unwrap_or(seen) }
            });
        }
        Err(Shortfall::NoEnd { operation: self.query.operation })
    }

    async fn page(&mut self, reader: &Reader<'_>, parameters: Parameters, counts: bool) -> Result<Page, Shortfall> {
        let operation = self.query.operation;
        let unreadable = |source| Shortfall::Unreadable { operation, source };
        let reply = reader.read(operation, parameters).await?;
        self.as_of.get_or_insert(reply.date);
        let page = Row::new(&reply.body);
        let total = counts.then(|| page.number("TotalCount")).flatten();
        let found = (self.query.rows)(page).map_err(unreadable)?;
        let ids = found.iter().map(|found| (found.id.clone(), found.counted)).collect();
        let mut news = found;
        news.retain(|found| self.seen.insert(found.id.clone()));
        (self.take)(&news, self.seen.len() as u64, total).map_err(unreadable)?;
        Ok(Page { ids, total, next_token: page.text("NextToken"), next_start: page.text("NextStartTime") })
    }
}

enum Pass {
    Settled,
    Moved { seen: u64, total: u64 },
}
