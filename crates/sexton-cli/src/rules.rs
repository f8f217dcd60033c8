//! The rulebooks that a command reads by: those of the providers that this binary knows, and those in files.

use sexton_core::rulebook::Rulebook;

use crate::arguments::OwnRules;
use crate::failure::{Failure, chained};
use crate::files::Place;

/// All of them, none of one provider twice.
pub(crate) fn rulebooks(own: &OwnRules) -> Result<Vec<Rulebook>, Failure> {
    let mut rulebooks = crate::config::rulebooks();
    for place in &own.files {
        let rulebook = read(place)?;
        if rulebooks.iter().any(|other| other.provider == rulebook.provider) {
            return Err(Failure::new(format!("{place}: there is another rulebook of {}", rulebook.provider)).next(
                "leave this one out, or give its provider another name; `sexton rules PROVIDER` prints a known one",
            ));
        }
        rulebooks.push(rulebook);
    }
    Ok(rulebooks)
}

/// A rulebook that can be planned by: TOML, unless the file is named `.json`.
pub(crate) fn read(place: &Place) -> Result<Rulebook, Failure> {
    let text = place.text()?;
    let is_json = matches!(place, Place::File(path) if path.extension().is_some_and(|extension| extension == "json"));
    let told = |error: &dyn std::error::Error| {
        Failure::new(format!("{place}: {}", chained(error))).next("docs/providers.md shows a rulebook")
    };
    let rulebook: Rulebook = if is_json {
        serde_json::from_str(&text).map_err(|error| told(&error))?
    } else {
        toml::from_str(&text).map_err(|error| told(&error))?
    };
    let faults = rulebook.faults();
    if faults.is_empty() {
        return Ok(rulebook);
    }
    let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Err(Failure::new(format!("{place}: not a rulebook to plan by:\n{}", all.join("\n"))))
}
