//! `sexton rules`: a provider's rulebook.

use std::io::Write;

use crate::arguments::{Rules as Arguments, RulesFormat};
use crate::failure::{Done, Failure};
use crate::rules::rulebooks;

pub(super) fn run(arguments: &Arguments) -> Result<Done, Failure> {
    let rulebooks = rulebooks(&arguments.rules)?;
    let Some(rulebook) = rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == arguments.provider) else {
        let known: Vec<&str> = rulebooks.iter().map(|rulebook| rulebook.provider.as_str()).collect();
        return Err(Failure::new(format!("there is no provider {:?}", arguments.provider))
            .next(format!("the providers are {}", known.join(", "))));
    };
    let mut out = std::io::stdout().lock();
    let text = match arguments.format {
        RulesFormat::Json => serde_json::to_string_pretty(rulebook).map_err(|error| Failure::chain(&error))?,
        RulesFormat::Toml => toml::to_string(rulebook).map_err(|error| Failure::chain(&error))?,
    };
    writeln!(out, "{}", text.trim_end())?;
    Ok(Done::Clean)
}
