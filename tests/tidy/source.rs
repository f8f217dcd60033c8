//! The sources of the workspace: every module reached from a target, whether it is only a test, and its code without
//! comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::dependencies::metadata;
use super::root;

/// One file that some target is made of.
#[derive(Debug)]
pub(crate) struct Module {
    /// Relative to the workspace, with `/`.
    pub(crate) path: String,
    /// The text as it stands.
    pub(crate) text: String,
    /// The code without comments, and without an inline module of tests at its end.
    pub(crate) code: String,
    /// Whether it is built for tests only.
    pub(crate) use_: Use,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Part of a library or a binary.
    Ships,
    /// A test, a bench or an example, or declared under `#[cfg(test)]`.
    Tests,
}

/// Every module that a target reaches by `mod` declarations.
pub(crate) fn modules() -> Vec<Module> {
    let mut found: BTreeMap<String, Module> = BTreeMap::new();
    for package in metadata().packages {
        for target in &package.targets {
            let ships =
                ["lib", "bin", "proc-macro"].iter().any(|kind| target.kind.iter().any(|own| own.to_string() == *kind));
            let path = fs::canonicalize(target.src_path.as_std_path()).expect("a target has a source");
            let folder = path.parent().expect("a source has a folder").to_owned();
            follow(&path, &folder, if ships { Use::Ships } else { Use::Tests }, &mut found);
        }
    }
    found.into_values().collect()
}

fn follow(path: &Path, folder: &Path, use_: Use, found: &mut BTreeMap<String, Module>) {
    let name = relative(path);
    if found.contains_key(&name) {
        return;
    }
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name} is declared as a module: {error}"));
    let bare = without_comments(&text);
    let declared = declared(&bare);
    let code = without_inline_tests(&bare);
    found.insert(name.clone(), Module { path: name, text, code, use_ });
    for (module, under_test) in declared {
        let use_ = if under_test { Use::Tests } else { use_ };
        follow(&folder.join(format!("{module}.rs")), &folder.join(&module), use_, found);
    }
}

/// The modules in files of their own that a source declares, and whether only for tests.
fn declared(code: &str) -> Vec<(String, bool)> {
    let mut declared = Vec::new();
    let mut under_test = false;
    for line in code.lines().map(str::trim) {
        if line.starts_with("#[") {
            under_test |= line.starts_with("#[cfg(test)]");
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(place) = words.iter().position(|word| *word == "mod")
            && words[..place].iter().all(|word| word.starts_with("pub"))
            && let Some(name) = words.get(place + 1).and_then(|word| word.strip_suffix(';'))
        {
            declared.push((name.to_owned(), under_test));
        }
        if !line.is_empty() {
            under_test = false;
        }
    }
    declared
}

/// The code before `#[cfg(test)] mod … {`, which comes last in a file.
fn without_inline_tests(code: &str) -> String {
    let mut from = 0;
    while let Some(place) = code[from..].find("#[cfg(test)]") {
        let start = from + place;
        let rest = code[start + "#[cfg(test)]".len()..].trim_start();
        let opens = rest.find('{').is_some_and(|brace| !rest[..brace].contains(';'));
        if rest.starts_with("mod ") && opens {
            return code[..start].to_owned();
        }
        from = start + 1;
    }
    code.to_owned()
}

/// The text with every comment made blank; strings stay, for what they say counts.
pub(crate) fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let bytes: Vec<char> = text.chars().collect();
    let at = |place: usize| bytes.get(place).copied().unwrap_or('\0');
    let mut place = 0;
    while place < bytes.len() {
        match (at(place), at(place + 1)) {
            ('/', '/') => {
                while place < bytes.len() && at(place) != '\n' {
                    place += 1;
                }
            }
            ('/', '*') => {
                while place < bytes.len() && !(at(place) == '*' && at(place + 1) == '/') {
                    place += 1;
                }
                place += 2;
            }
            ('r', '"' | '#') if !at(place.wrapping_sub(1)).is_alphanumeric() => {
                let hashes = (0..).take_while(|hash| at(place + 1 + hash) == '#').count();
                if at(place + 1 + hashes) == '"' {
                    let start = place;
                    place += 2 + hashes;
                    while place < bytes.len() && !(at(place) == '"' && (1..=hashes).all(|hash| at(place + hash) == '#'))
                    {
                        place += 1;
                    }
                    place = (place + 1 + hashes).min(bytes.len());
                    code.extend(&bytes[start..place]);
                } else {
                    code.push('r');
                    place += 1;
                }
            }
            ('"', _) => {
                code.push('"');
                place += 1;
                while place < bytes.len() && at(place) != '"' {
                    let width = if at(place) == '\\' { 2 } else { 1 };
                    code.extend(&bytes[place..(place + width).min(bytes.len())]);
                    place += width;
                }
                code.push('"');
                place += 1;
            }
            ('\'', '\\') => {
                code.push_str("''");
                place += 3;
                while place < bytes.len() && at(place) != '\'' {
                    place += 1;
                }
                place += 1;
            }
            ('\'', _) if at(place + 2) == '\'' => {
                code.push_str("''");
                place += 3;
            }
            (other, _) => {
                code.push(other);
                place += 1;
            }
        }
    }
    code
}

/// Every `.rs` file of the crates and tests, whether a target reaches it or not.
pub(crate) fn files() -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    for folder in ["crates", "tests"] {
        gather(&root().join(folder), &mut files);
    }
    files
}

fn gather(folder: &Path, files: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace is readable") {
        let path = entry.expect("an entry of a folder is readable").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                gather(&path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(relative(&path));
        }
    }
}

fn relative(path: &Path) -> String {
    let root = fs::canonicalize(root()).expect("the workspace is there");
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let inside = path.strip_prefix(&root).unwrap_or(&path);
    inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

#[test]
fn comments_go_and_strings_stay() {
    let text = "let a = \"// no\"; // yes\n/* a\n \"b */ let c = '\"'; let d = r#\"/* \"x\" \"#; let e: &'static str = \"\\\"//\";";
    assert_eq!(
        without_comments(text),
        "let a = \"// no\"; \n let c = ''; let d = r#\"/* \"x\" \"#; let e: &'static str = \"\\\"//\";"
    );
}

#[test]
fn declarations_and_inline_tests_are_told_apart() {
    let code =
        "mod a;\npub(crate) mod b;\n#[cfg(test)]\nmod tests;\nuse x::mod_y;\n#[cfg(test)]\nmod more {\n    x\n}\n";
    assert_eq!(declared(code), [("a".into(), false), ("b".into(), false), ("tests".into(), true)]);
    assert!(without_inline_tests(code).ends_with("use x::mod_y;\n"));
}
