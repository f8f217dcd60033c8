//! What a crate offers to others, against the list in `docs/api`: a change of it is meant, or does not pass.

mod items;
mod listing;
mod resolve;
mod tokens;

use std::collections::BTreeSet;
use std::fs;

use self::listing::listing;
use self::resolve::Sources;
use super::root;

/// What the file begins with.
const HEAD: &str = "\
# The public API of sexton-core: one line for each item, by its path. Derived and written trait impls stand in one line
# each; types are as the source names them. Read what changes before it is blessed:
#     SEXTON_BLESS=1 cargo test -p sexton-tests --test tidy public_api
";

const LIST: &str = "docs/api/sexton-core.txt";

#[test]
fn the_public_api_is_the_one_that_is_listed() {
    let sources = Sources::read(&root().join("crates/sexton-core/src/lib.rs"));
    let listed: String = listing(&sources).into_iter().map(|line| line + "\n").collect();
    let found = format!("{HEAD}{listed}");
    let path = root().join(LIST);
    if std::env::var_os("SEXTON_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("the list stands in a folder")).expect("the folder can be made");
        fs::write(&path, &found).expect("the list can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let changes = difference(&expected, &found);
    assert!(
        changes.is_empty() && expected == found,
        "the public API of sexton-core is not the one that {LIST} lists:\n{}\n\
         If that is meant: SEXTON_BLESS=1 cargo test -p sexton-tests --test tidy public_api",
        changes.join("\n")
    );
}

/// Lines that are only in one of two texts of different lines.
fn difference(expected: &str, found: &str) -> Vec<String> {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (expected.lines().collect(), found.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    gone.chain(new.difference(&old).map(|line| format!("+ {line}"))).collect()
}

#[test]
fn what_is_reachable_is_listed_and_nothing_else() {
    let sources = Sources::of_text(
        "
        mod inner {
            #[derive(Debug, Clone)]
            pub struct Seen<'a> { pub open: &'a [u8], pub(crate) closed: u8 }
            impl<'a> Seen<'a> {
                pub fn new(open: &'a [u8],) -> Option<Self> { None }
                pub(crate) fn hidden(&self) {}
                fn private(&self) {}
            }
            pub struct NotExported;
            impl Iterator for Seen<'_> { type Item = (u8, u8); fn next(&mut self) -> Option<(u8, u8)> { None } }
            pub(crate) struct Crate;
        }
        pub use inner::{Seen, Seen as Renamed};
        pub(crate) use inner::Crate;
        macro_rules! names {
            ($(#[$doc:meta])* $name:ident, $part:literal, [$($more:literal),*]) => {
                $(#[$doc])*
                pub struct $name(Box<str>);
                impl $name { pub fn part() -> &'static str { let _: &[char] = &[$($more),*]; $part } }
            };
        }
        names!(
            /// A name.
            Name, \"name\", [':']
        );
        pub mod outer {
            use super::inner;
            #[non_exhaustive]
            #[derive(thiserror::Error)]
            pub enum Fault { #[error(\"a\")] A, B(#[from] std::io::Error, u8), C { at: usize } }
            pub trait Ask { const MOST: usize; fn ask(&mut self, of: &dyn Fn(u8) -> u8) -> bool { true } }
            impl inner::Seen<'_> { pub const ALL: u8 = 1; }
            pub const fn reach<T: ?Sized + 'static>(mut of: (&T, [u8; 2])) -> impl Iterator<Item = Vec<u8>> where T: Send {}
            pub type Pairs = Vec<(u8, u8)>;
            #[cfg(test)]
            pub mod tests { pub fn never() {} }
            #[cfg(test)]
            pub fn neither() {}
        }
        ",
    );
    let expected = [
        "struct Name with private fields",
        "fn Name::part() -> &'static str",
        "use Renamed = Seen",
        "struct Seen<'a> with private fields",
        "impl Seen: Clone, Debug, Iterator<Item = (u8, u8)>",
        "const Seen::ALL: u8",
        "fn Seen::new(open: &'a [u8]) -> Option<Self>",
        "field Seen::open: &'a [u8]",
        "mod outer",
        "trait outer::Ask",
        "const outer::Ask::MOST: usize",
        "fn outer::Ask::ask(&mut self, of: &dyn Fn(u8) -> u8) -> bool, provided",
        "enum outer::Fault, non-exhaustive",
        "impl outer::Fault: Display, Error, From<std::io::Error>",
        "variant outer::Fault::A",
        "variant outer::Fault::B(std::io::Error, u8)",
        "variant outer::Fault::C { at: usize }",
        "type outer::Pairs = Vec<(u8, u8)>",
        "const fn outer::reach<T: ?Sized + 'static>(mut of: (&T, [u8; 2])) -> impl Iterator<Item = Vec<u8>> where T: Send",
    ];
    assert_eq!(listing(&sources), expected);
}

#[test]
fn a_difference_names_what_went_and_what_came() {
    assert_eq!(difference("a\nb\n", "b\nc\n"), ["- a", "+ c"]);
    assert!(difference("a\n", "a\n").is_empty());
}
