//! The Recycle Bin: which resources its retention rules would keep, and what lies in it.
//!
//! A removal that ends in the bin frees nothing until the bin lets go, and nobody can empty it before.

use sexton_core::fact::Fact;
use sexton_core::resource::Tags;
use sexton_core::time::Timestamp;
use sexton_http::refused;
use sexton_provider::CallError;

use super::pages::{Reader, parameters};
use super::row::{DecodeError, Row};
use super::vocabulary::Ec2Kind;
use crate::rpc::{Reply, Request};

#[cfg(test)]
mod tests;

const LIST: &str = "ListRules";
const GET: &str = "GetRule";
/// Of one resource type in a region. The vendor's documentation allows a few hundred.
const MOST_PAGES: usize = 1000;

/// A tag that a rule speaks of: every value of it where the rule names none.
type RuleTag = (String, Option<String>);

/// One retention rule that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    kind: Ec2Kind,
    days: u32,
    /// It keeps what has one of these; all of the region where there are none.
    tags: Vec<RuleTag>,
    /// It does not keep what has one of these.
    exclude: Vec<RuleTag>,
}

/// The retention rules of a region that are in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rules(Vec<Rule>);

/// The kinds that the bin keeps, by the names of the bin's API.
const KEPT: [(Ec2Kind, &str); 3] =
    [(Ec2Kind::Snapshot, "EBS_SNAPSHOT"), (Ec2Kind::Image, "EC2_IMAGE"), (Ec2Kind::Disk, "EBS_VOLUME")];

/// Reads the rules of the reader's region. Also tells the provider's time at the first answer.
pub(super) async fn rules(reader: &Reader<'_>) -> (Fact<Timestamp>, Result<Rules, CallError>) {
    let mut as_of = Fact::Unknown;
    let mut rules = Rules::default();
    for (kind, resource_type) in KEPT {
        let mut token: Option<String> = None;
        let mut pages = 0;
        loop {
            let body = match &token {
                Some(token) => serde_json::json!({"ResourceType": resource_type, "NextToken": token}),
                None => serde_json::json!({"ResourceType": resource_type}),
            };
            let reply = match reader.request(LIST, Request::Post { path: "/list-rules", body }).await {
                Ok(reply) => reply,
                Err(error) => return (as_of, Err(error)),
            };
            if as_of.is_unknown() {
                as_of = reply.date;
            }
            match page(reader, kind, &reply).await {
                Ok((more, next)) => {
                    rules.0.extend(more);
                    token = next;
                }
                Err(error) => return (as_of, Err(error)),
            }
            pages += 1;
            match token {
                Some(_) if pages < MOST_PAGES => {}
                Some(_) => return (as_of, Err(refused(LIST, "the listing does not end".to_owned()))),
                None => break,
            }
        }
    }
    (as_of, Ok(rules))
}

async fn page(reader: &Reader<'_>, kind: Ec2Kind, reply: &Reply) -> Result<(Vec<Rule>, Option<String>), CallError> {
    let row = Row::new(&reply.body);
    let unreadable = |error: DecodeError| refused(LIST, error.to_string());
    let mut rules = Vec::new();
    for summary in row.rows("Rules").map_err(unreadable)? {
        let id = summary.id("Identifier").map_err(unreadable)?;
        let reply = reader.request(GET, Request::Get { path: format!("/rules/{id}") }).await?;
        let rule = rule(kind, Row::new(&reply.body)).map_err(|error| refused(GET, error.to_string()))?;
        rules.extend(rule);
    }
    Ok((rules, row.text("NextToken")))
}

/// Reads a rule; none where it is not in force.
fn rule(kind: Ec2Kind, row: Row<'_>) -> Result<Option<Rule>, DecodeError> {
    if row.text("Status").is_some_and(|status| status != "available") {
        return Ok(None);
    }
    let period = row.row("RetentionPeriod").and_then(|period| period.number("RetentionPeriodValue"));
    let days =
        period.and_then(|days| u32::try_from(days).ok()).ok_or(DecodeError::NoId { field: "RetentionPeriodValue" })?;
    let tags = |field: &str| -> Result<Vec<RuleTag>, DecodeError> {
        row.rows(field)?.into_iter().map(|tag| Ok((tag.id("ResourceTagKey")?, tag.text("ResourceTagValue")))).collect()
    };
    Ok(Some(Rule { kind, days, tags: tags("ResourceTags")?, exclude: tags("ExcludeResourceTags")? }))
}

impl Rules {
    /// Whether any rule is of that kind.
    pub(super) fn may_keep(&self, kind: Ec2Kind) -> bool {
        self.0.iter().any(|rule| rule.kind == kind)
    }

    /// For how many days the bin would keep a resource of that kind and with those tags; none where it would not.
    /// Where several rules match, the longest counts.
    pub(super) fn retention(&self, kind: Ec2Kind, tags: &Fact<Tags>) -> Fact<Option<u32>> {
        let mut days: Option<u32> = None;
        let mut open = false;
        for rule in self.0.iter().filter(|rule| rule.kind == kind) {
            match rule.keeps(tags) {
                Fact::Known(true) => days = days.max(Some(rule.days)),
                Fact::Known(false) => {}
                Fact::Unknown => open = true,
            }
        }
        if open && days.is_none() { Fact::Unknown } else { Fact::Known(days) }
    }
}

impl Rule {
    fn keeps(&self, tags: &Fact<Tags>) -> Fact<bool> {
        if self.tags.is_empty() && self.exclude.is_empty() {
            return Fact::Known(true);
        }
        match tags {
            Fact::Known(tags) => {
                let has = |(key, value): &RuleTag| {
                    tags.get(key).is_some_and(|found| value.as_ref().is_none_or(|value| value == found))
                };
                Fact::Known((self.tags.is_empty() || self.tags.iter().any(has)) && !self.exclude.iter().any(has))
            }
            Fact::Unknown => Fact::Unknown,
        }
    }
}

/// Whether a removed resource lies in the bin, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InBin {
    /// It does, until then.
    Yes { until: Option<Timestamp> },
    /// The bin does not list it.
    No,
}

/// Looks for one resource in the bin; none of a kind that the bin does not keep.
pub(super) async fn look(reader: &Reader<'_>, kind: Ec2Kind, id: &str) -> Result<InBin, CallError> {
    let (operation, parameter, list, field) = match kind {
        Ec2Kind::Snapshot => ("ListSnapshotsInRecycleBin", "SnapshotId.1", "snapshotSet", "snapshotId"),
        Ec2Kind::Image => ("ListImagesInRecycleBin", "ImageId.1", "imageSet", "imageId"),
        Ec2Kind::Disk => ("ListVolumesInRecycleBin", "VolumeId.1", "volumeSet", "volumeId"),
        Ec2Kind::Instance
        | Ec2Kind::Share
        | Ec2Kind::Publication
        | Ec2Kind::LaunchTemplate
        | Ec2Kind::LaunchConfiguration => return Ok(InBin::No),
    };
    let reply = match reader.read(operation, parameters([(parameter, id)])).await {
        Ok(reply) => reply,
        // Whether an id that is not in the bin is refused or left out is not documented.
        Err(error) if error.code.as_deref().is_some_and(|code| code.ends_with(".NotFound")) => return Ok(InBin::No),
        Err(error) => return Err(error),
    };
    let rows = Row::new(&reply.body).answer_rows(list).map_err(|error| refused(operation, error.to_string()))?;
    let found = rows.into_iter().find(|row| row.text(field).as_deref() == Some(id));
    Ok(found.map_or(InBin::No, |row| InBin::Yes { until: row.time("recycleBinExitTime") }))
}
