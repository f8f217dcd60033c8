//! `sexton schema`: a format as a JSON Schema, for editors, validators and generators of code.

use std::io::Write;

use crate::arguments::{Schema as Arguments, SchemaOf};
use crate::failure::{Done, Failure};

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let schema = match arguments.of {
        SchemaOf::Inventory => sexton_core::schema::inventory(),
        SchemaOf::Policy => sexton_core::schema::policy(),
        SchemaOf::Plan => sexton_core::schema::plan(),
        SchemaOf::Event => sexton_engine::event::schema(),
        SchemaOf::Receipt => sexton_engine::receipt_schema(),
    };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &schema).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Done::Clean)
}
