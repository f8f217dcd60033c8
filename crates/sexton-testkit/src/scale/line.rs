//! The lines of the file, in the order of keys in which the core writes them. Nothing written here needs escaping.

use std::fmt::Write as _;
use std::io::{self, Write};

use sexton_core::time::Timestamp;

use super::random::{mix, push_digits};

/// A region and how ids begin there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    pub(super) name: &'static str,
    infix: &'static str,
}

pub(super) const REGIONS: [Region; 4] = [
    Region { name: "cn-hangzhou", infix: "bp1" },
    Region { name: "cn-beijing", infix: "2ze" },
    Region { name: "cn-shanghai", infix: "uf6" },
    Region { name: "cn-shenzhen", infix: "wz9" },
];

const ACCOUNT: &str = "1234567890";
const TAKEN_AT: &str = "2026-11-21T00:00:00Z";

/// All that the ECS rulebook needs listed.
const CENSUS_KINDS: [&str; 10] = [
    "disk",
    "image",
    "instance",
    "launch-template",
    "publication",
    "scaling-configuration",
    "share",
    "snapshot",
    "snapshot-lock",
    "task",
];

pub(super) fn header(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, r#"{{"format":"sexton.inventory","version":1,"taken_at":"{TAKEN_AT}"}}"#)
}

pub(super) fn census(out: &mut impl Write, regions: &[Region]) -> io::Result<()> {
    for Region { name, .. } in regions {
        for kind in CENSUS_KINDS {
            writeln!(
                out,
                r#"{{"census":{{"provider":"aliyun-ecs","account":"{ACCOUNT}","region":"{name}","kind":"{kind}","complete":true,"as_of":"{TAKEN_AT}"}}}}"#
            )?;
        }
    }
    Ok(())
}

/// The kinds that are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Snapshot,
    Image,
    Disk,
    Instance,
    Share,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Image => "image",
            Self::Disk => "disk",
            Self::Instance => "instance",
            Self::Share => "share",
        }
    }

    /// Tells the random numbers of the kinds apart.
    pub(super) fn sort(self) -> u64 {
        match self {
            Self::Snapshot => 1,
            Self::Image => 2,
            Self::Disk => 3,
            Self::Instance => 4,
            Self::Share => 5,
        }
    }
}

/// The vendor's form of id: the kind, the region, 17 digits. No two numbers have the same, for the first 13 digits are
/// a bijection of the number.
pub(super) fn id(seed: u64, kind: Kind, region: Region, number: u64) -> String {
    let prefix = match kind {
        Kind::Snapshot => "s-",
        Kind::Image => "m-",
        Kind::Disk => "d-",
        Kind::Instance => "i-",
        Kind::Share => "",
    };
    let word = mix(mix(seed ^ mix(kind.sort())) ^ number);
    let mut id = String::with_capacity(22);
    id.push_str(prefix);
    id.push_str(region.infix);
    push_digits(&mut id, word, 13);
    push_digits(&mut id, mix(word), 4);
    id
}

/// Three years before the inventory, in seconds.
pub(super) const OLDEST: u64 = 3 * 365 * 86_400;

/// The instant so many seconds before the inventory was taken.
pub(super) fn ago(seconds: u64) -> String {
    let taken_at: Timestamp = TAKEN_AT.parse().expect("a literal time is a time");
    let age = i64::try_from(seconds).expect("three years are few seconds");
    Timestamp::from_second(taken_at.as_second() - age).expect("three years ago is in the calendar").to_string()
}

/// A resource on its way to the file. `None` is unknown.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) region: Region,
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created_at: Option<String>,
    pub(super) state: Option<&'static str>,
    pub(super) size_bytes: u64,
    /// Ascending by key.
    pub(super) tags: Option<Vec<(&'static str, String)>>,
    /// The inside of the object, ascending by key.
    pub(super) attrs: Option<String>,
    /// Relation, kind and id, ascending.
    pub(super) links: Option<Vec<(&'static str, Kind, String)>>,
}

impl Line {
    /// A resource of which only this is remarkable: created a year ago, without tags, attributes and links.
    pub(super) fn plain(region: Region, kind: Kind, id: String, name: String) -> Self {
        Self {
            region,
            kind,
            id,
            name,
            created_at: Some(ago(OLDEST / 3)),
            state: Some(match kind {
                Kind::Snapshot => "accomplished",
                Kind::Image | Kind::Disk => "Available",
                Kind::Instance => "Stopped",
                Kind::Share => "Normal",
            }),
            size_bytes: 40 << 30,
            tags: Some(Vec::new()),
            attrs: Some(String::new()),
            links: Some(Vec::new()),
        }
    }

    /// Writes the line; `text` is room to write in.
    pub(super) fn write(&self, out: &mut impl Write, text: &mut String) -> io::Result<()> {
        text.clear();
        self.format(text).expect("a string takes what is written to it");
        out.write_all(text.as_bytes())
    }

    fn format(&self, text: &mut String) -> std::fmt::Result {
        let Self { region, kind, id, name, .. } = self;
        write!(
            text,
            r#"{{"resource":{{"provider":"aliyun-ecs","account":"{ACCOUNT}","region":"{}","kind":"{}","id":"{id}","name":"{name}","created_at":"#,
            region.name,
            kind.name(),
        )?;
        for (value, key) in [(self.created_at.as_deref(), "state"), (self.state, "size_bytes")] {
            match value {
                Some(value) => write!(text, r#""{value}","{key}":"#)?,
                None => write!(text, r#"null,"{key}":"#)?,
            }
        }
        write!(text, r#"{},"tags":"#, self.size_bytes)?;
        match &self.tags {
            None => text.push_str("null"),
            Some(tags) => {
                for (position, (key, value)) in tags.iter().enumerate() {
                    write!(text, r#"{}"{key}":"{value}""#, if position == 0 { '{' } else { ',' })?;
                }
                text.push_str(if tags.is_empty() { "{}" } else { "}" });
            }
        }
        match &self.attrs {
            None => text.push_str(r#","attrs":null,"links":"#),
            Some(attrs) => write!(text, r#","attrs":{{{attrs}}},"links":"#)?,
        }
        match &self.links {
            None => text.push_str("null"),
            Some(links) => {
                text.push('[');
                for (position, (relation, kind, id)) in links.iter().enumerate() {
                    let comma = if position == 0 { "" } else { "," };
                    write!(text, r#"{comma}{{"relation":"{relation}","kind":"{}","id":"{id}"}}"#, kind.name())?;
                }
                text.push(']');
            }
        }
        text.push_str("}}\n");
        Ok(())
    }
}
