//! A bar for each listing that is under way, with an ETA where the provider says how many rows there are.

use std::collections::BTreeMap;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sexton_core::address::{Kind, Region};

#[derive(Debug, Default)]
pub(super) struct Bars {
    bars: BTreeMap<(String, Region, Kind), Bar>,
    screen: MultiProgress,
}

#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    counts: Counts,
}

/// Whether the provider said how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    Open,
    Known,
}

impl Counts {
    fn style(self) -> ProgressStyle {
        let template = match self {
            Counts::Open => "{prefix:40} {pos} so far, {per_sec}, {elapsed}",
            Counts::Known => "{prefix:40} {bar:24} {pos}/{len} {per_sec}, {elapsed}, ETA {eta}",
        };
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    }
}

impl Bars {
    pub(super) fn show(&mut self, name: &str, region: &Region, kind: &Kind, seen: u64, total: Option<u64>) {
        let counts = if total.is_some() { Counts::Known } else { Counts::Open };
        let key = (name.to_owned(), region.clone(), kind.clone());
        let screen = &self.screen;
        let shown = self.bars.entry(key).or_insert_with(|| {
            let bar = screen.add(ProgressBar::new(0).with_style(counts.style()));
            bar.set_prefix(format!("{name} {region} {kind}"));
            Bar { bar, counts }
        });
        if shown.counts != counts {
            shown.counts = counts;
            shown.bar.set_style(counts.style());
        }
        shown.bar.set_length(total.unwrap_or(seen).max(seen));
        shown.bar.set_position(seen);
    }

    /// The listing of the kind has ended.
    pub(super) fn end(&mut self, name: &str, region: &Region, kind: &Kind) {
        if let Some(Bar { bar, .. }) = self.bars.remove(&(name.to_owned(), region.clone(), kind.clone())) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
    }

    pub(super) fn finish(&mut self) {
        for Bar { bar, .. } in std::mem::take(&mut self.bars).into_values() {
            bar.finish_and_clear();
        }
    }
}
