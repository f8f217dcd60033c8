//! `sexton explain`: why a plan does with a resource what it does, and what would change that.

use std::io::{BufWriter, Write};

use sexton_core::explain::Reasons;

use crate::arguments::{Explain as Arguments, Telling};
use crate::failure::{Done, Failure};
use crate::files::read_plan;
use crate::report::explain::{Length, document, one};
use crate::rules::rulebooks;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let plan = read_plan(&arguments.plan)?;
    let rulebooks = rulebooks(&arguments.rules)?;
    let reasons = Reasons::of(&plan, &rulebooks);
    let mut out = BufWriter::new(anstream::stdout().lock());
    let length = if arguments.all { Length::Whole } else { Length::Readable };
    match arguments.format {
        Telling::Text => one(&reasons, &arguments.address, length, &mut out)?,
        Telling::Json => document::one(&reasons, &arguments.address, &mut out)?,
    }
    out.flush()?;
    Ok(Done::Clean)
}
