//! P of the budgets in `docs/benchmarks.md`: one core, serde_json, one borrowing struct a line. Prints how many resources
//! and links it read.
//!
//! `floor INVENTORY`

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io::BufRead;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The tags, which are parsed and not looked at.
struct Tags<'a>(#[expect(dead_code, reason = "parsing is what is measured")] Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'de: 'a, 'a> Deserialize<'de> for Tags<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(Cow<'de, str>, Cow<'de, str>)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of strings")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::with_capacity(4);
                while let Some((key, value)) = map.next_entry::<&str, &str>()? {
                    pairs.push((Cow::Borrowed(key), Cow::Borrowed(value)));
                }
                Ok(pairs)
            }
        }
        deserializer.deserialize_map(Pairs).map(Tags)
    }
}

#[expect(dead_code, reason = "parsing is what is measured")]
#[derive(serde::Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    relation: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "parsing is what is measured")]
struct Resource<'a> {
    #[serde(borrow)]
    provider: Cow<'a, str>,
    #[serde(borrow)]
    account: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    created_at: Cow<'a, str>,
    #[serde(borrow)]
    state: Cow<'a, str>,
    size_bytes: u64,
    #[serde(borrow)]
    tags: Tags<'a>,
    #[serde(borrow)]
    links: Vec<Link<'a>>,
}

#[derive(serde::Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    resource: Option<Resource<'a>>,
}

#[expect(clippy::print_stdout, reason = "a program's result")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("usage: floor INVENTORY")?;
    let mut input = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(path)?);
    let (mut line, mut resources, mut links) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let parsed: Line<'_> = serde_json::from_slice(&line)?;
        if let Some(resource) = parsed.resource {
            resources += 1;
            links += resource.links.len() as u64;
        }
    }
    println!("{resources} {links}");
    Ok(())
}
