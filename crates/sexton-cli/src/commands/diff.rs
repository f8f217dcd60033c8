//! `sexton diff`: what changed from one plan to another.

use std::io::{BufWriter, Write};

use sexton_core::diff::diff;

use crate::arguments::{Comparing, Diff as Arguments};
use crate::failure::{Done, Exit, Failure, heard};
use crate::files::{Place, read_plan};
use crate::report;
use crate::report::explain::Length;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    if arguments.before == Place::Standard && arguments.after == Place::Standard {
        return Err(Failure::new("only one of the plans can be read from standard input"));
    }
    let (before, after) = (read_plan(&arguments.before)?, read_plan(&arguments.after)?);
    let difference = diff(&before, &after);
    let mut out = BufWriter::new(anstream::stdout().lock());
    let length = if arguments.all { Length::Whole } else { Length::Readable };
    let written = match arguments.format {
        Comparing::Text => report::diff::text(&difference, length, &mut out),
        Comparing::Json => report::diff::document::json([&before, &after], &difference, &mut out),
        Comparing::Jsonl => report::diff::document::lines([&before, &after], &difference, &mut out),
    };
    heard(written.and_then(|()| out.flush()))?;
    Ok(if arguments.detailed_exitcode && !difference.is_none() { Done::With(Exit::Steps) } else { Done::Clean })
}
