//! `sexton rules`: a provider's rulebook as JSON.

use std::io::Write;

use crate::arguments::Rules as Arguments;
use crate::config::rulebooks;
use crate::failure::{Done, Failure};

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let rulebooks = rulebooks();
    let Some(rulebook) = rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == arguments.provider) else {
        let known: Vec<&str> = rulebooks.iter().map(|rulebook| rulebook.provider.as_str()).collect();
        return Err(Failure::new(format!("there is no provider {:?}", arguments.provider))
            .next(format!("the providers are {}", known.join(", "))));
    };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, rulebook).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Done::Clean)
}
