//! Schemas of the texts that have a form: names, addresses, times, spans.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::text;
use crate::address::{Account, Address, GuardCode, Kind, Provider, Region, Relation};
use crate::time::{Span, Timestamp};

macro_rules! text_schema {
    ($($type:ty, $name:literal, $words:literal, $pattern:literal;)*) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = text($pattern);
                schema.insert("description".to_owned(), $words.into());
                schema
            }
        }
    )*};
}

text_schema! {
    Provider, "Provider", "The name of a provider.", "^[^:]+$";
    Account, "Account", "An account at a provider.", "^[^:]+$";
    Region, "Region", "A region of a provider; `global` where there is none.", "^[^:]+$";
    Kind, "Kind", "What sort of resource, such as `snapshot`.", "^[^/]+$";
    Relation, "Relation", "The type of a link, such as `created-from`.", r"^[\s\S]+$";
    GuardCode, "GuardCode", "The code of a guard.", r"^[\s\S]+$";
    Address, "Address", "`provider:account:region:kind/id`", r"^[^:]+:[^:]+:[^:]+:[^/]+/[\s\S]+$";
    Span, "Span", "A length of time, such as `24h`, `15m` or `1h30m`.",
        r"^-?(0|(([0-9]{1,18}(\.[0-9]{0,9})?|\.[0-9]{1,9})(d|h|ms|m|s|us|µs|ns))+)$";
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time", "description": "A time, RFC 3339; written in UTC."})
    }
}
