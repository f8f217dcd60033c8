//! How often generated worlds reach what is hard. A property that holds of worlds without cycles says nothing of cycles.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;

/// Counts of hard cases over the worlds of one property.
#[derive(Debug, Default)]
pub struct Reach {
    worlds: Cell<u32>,
    counts: RefCell<BTreeMap<Cow<'static, str>, u32>>,
}

impl Reach {
    /// Counts a world.
    pub fn world(&self) {
        self.worlds.set(self.worlds.get() + 1);
    }

    /// Counts a case where it was reached.
    pub fn hit(&self, what: impl Into<Cow<'static, str>>, reached: bool) {
        if reached {
            *self.counts.borrow_mut().entry(what.into()).or_insert(0) += 1;
        }
    }

    /// How often a case was reached.
    pub fn count(&self, what: &str) -> u32 {
        self.counts.borrow().get(what).copied().unwrap_or(0)
    }

    /// Stops where a case was reached less often than wanted.
    ///
    /// # Panics
    /// The generator has stopped to reach what the property is about.
    pub fn at_least(&self, wanted: &[(&str, u32)]) {
        let short: Vec<String> = wanted
            .iter()
            .filter(|(what, least)| self.count(what) < *least)
            .map(|(what, least)| format!("{what}: {} of {least} wanted", self.count(what)))
            .collect();
        assert!(short.is_empty(), "the worlds no longer reach {}\n{self}", short.join(", "));
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>8} worlds", self.worlds.get())?;
        for (what, count) in self.counts.borrow().iter() {
            writeln!(f, "{count:>8} {what}")?;
        }
        Ok(())
    }
}
