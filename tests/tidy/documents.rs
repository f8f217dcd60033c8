//! The documents against the code: what the code can say is explained, what the documents promise is tested, and what
//! they show can be read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sexton_core::inventory;
use sexton_core::policy::Policy;

use super::source::{modules, without_comments};
use super::{none, root};

/// A file of the workspace.
pub(crate) fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What `[workspace.dependencies]` names besides the workspace's own crates.
pub(crate) fn workspace_dependencies() -> Vec<String> {
    let manifest = document("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).expect("the workspace names its dependencies");
    section
        .lines()
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.contains("path = "))
        .filter_map(|line| line.split_once('=').map(|(name, _)| name.trim().to_owned()))
        .collect()
}

/// The section of a document under a heading, up to the next heading of the same level.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let start = document.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("there is a section {heading:?}"));
    let rest = &document[start + heading.len() + 2..];
    let level = heading.split(' ').next().unwrap_or("##");
    let end = rest.find(&format!("\n{level} ")).unwrap_or(rest.len());
    &rest[..end]
}

/// What the first cells of a section's tables name in backticks.
fn rows(section: &str) -> BTreeSet<String> {
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

/// `CamelCase` as it is written in a plan.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(character.to_lowercase());
    }
    kebab
}

/// The lines between the braces of an enum.
fn variants(source: &str, name: &str) -> BTreeSet<String> {
    let code = without_comments(&document(source));
    let declared = [format!("enum {name} {{"), format!("enum {name}<'p> {{")];
    let body = declared.iter().find_map(|declared| code.split(declared.as_str()).nth(1));
    let body = body.unwrap_or_else(|| panic!("{source} has an enum {name}"));
    let body = body.split("\n}").next().unwrap_or_default();
    let names = body.lines().filter_map(|line| {
        let line = line.strip_prefix("    ")?;
        let name: String = line.chars().take_while(|c| c.is_alphanumeric()).collect();
        name.starts_with(char::is_uppercase).then_some(name)
    });
    names.collect()
}

/// What stands in double quotes in a text, strings without escapes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('"').skip(1).step_by(2)
}

#[track_caller]
fn same(code: &BTreeSet<String>, documented: &BTreeSet<String>, page: &str) {
    assert!(!code.is_empty(), "the code is read as it is written");
    let missing = code.difference(documented).map(|name| format!("{name} is not explained"));
    let extra = documented.difference(code).map(|name| format!("{name} is not in the code"));
    none(&missing.chain(extra).collect::<Vec<_>>(), page);
}

#[test]
fn every_finding_is_explained() {
    let code = without_comments(&document("crates/sexton-core/src/planner/findings.rs"));
    let calls = code.split("add(").skip(1);
    let codes: BTreeSet<String> =
        calls.filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next()).map(str::to_owned).collect();
    same(&codes, &rows(section(&document("docs/diagnostics.md"), "## Findings")), "docs/diagnostics.md, Findings");
}

#[test]
fn every_warning_of_a_policy_is_explained() {
    let source = "crates/sexton-core/src/policy/warning.rs";
    let warnings: BTreeSet<String> = variants(source, "PolicyWarning").iter().map(|name| kebab(name)).collect();
    let page = document("docs/diagnostics.md");
    same(&warnings, &rows(section(&page, "## Warnings of a policy")), "docs/diagnostics.md, Warnings of a policy");
    let text = document(source);
    let code =
        text.split("fn code(").nth(1).and_then(|rest| rest.split("\n    }").next()).expect("warnings have codes");
    let codes: BTreeSet<String> = quoted(code).map(str::to_owned).collect();
    same(&codes, &warnings, "a warning's code is its name");
}

#[test]
fn every_because_is_explained() {
    let because = variants("crates/sexton-core/src/plan.rs", "Because").iter().map(|name| kebab(name)).collect();
    let page = document("docs/diagnostics.md");
    same(&because, &rows(section(&page, "## Why something is held")), "docs/diagnostics.md, Why something is held");
    let keep = variants("crates/sexton-core/src/plan.rs", "KeepReason").iter().map(|name| kebab(name)).collect();
    same(&keep, &rows(section(&page, "## Why something is kept")), "docs/diagnostics.md, Why something is kept");
}

#[test]
fn every_violation_is_explained() {
    let source = "crates/sexton-core/src/verify/violation.rs";
    let words = |name: &str| -> BTreeSet<String> { variants(source, name).iter().map(|name| kebab(name)).collect() };
    let page = document("docs/verify.md");
    let section = section(&page, "## Violations");
    same(&words("Violation"), &rows(section), "docs/verify.md, Violations");
    for (name, start) in
        [("PlanPart", "Parts of a plan:"), ("StepPart", "Parts of a step:"), ("ReportPart", "Parts of a report:")]
    {
        let part = section.split(start).nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
        let named = part.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        same(&words(name), &named, &format!("docs/verify.md, {start}"));
    }
}

#[test]
fn every_event_is_explained() {
    let events = variants("crates/sexton-engine/src/event.rs", "Event").iter().map(|name| kebab(name)).collect();
    let page = document("docs/formats.md");
    same(&events, &rows(section(&page, "## Events")), "docs/formats.md, Events");
}

#[test]
fn every_metric_is_explained() {
    let code = document("crates/sexton-cli/src/watch/metrics.rs");
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        words.filter(|word| word.starts_with("sexton_run_")).map(str::to_owned).collect()
    };
    let page = document("docs/operations.md");
    same(&names(&code), &names(section(&page, "## Metrics")), "docs/operations.md, Metrics");
}

#[test]
fn every_lift_is_explained() {
    let lifts = variants("crates/sexton-core/src/explain/lift.rs", "Lift").iter().map(|name| kebab(name)).collect();
    let page = document("docs/formats.md");
    let section = section(&page, "## Explanations");
    let table = section.split("| lift |").nth(1).expect("the lifts have a table");
    same(&lifts, &rows(table), "docs/formats.md, Explanations");
}

#[test]
fn every_exit_code_is_explained() {
    let code = without_comments(&document("crates/sexton-cli/src/failure.rs"));
    let body = code.split("enum Exit {").nth(1).and_then(|rest| rest.split('}').next()).expect("there are exit codes");
    let codes: BTreeSet<String> =
        body.split(',').filter_map(|line| line.split_once('=').map(|(_, code)| code.trim().to_owned())).collect();
    assert!(codes.len() >= 5, "the exit codes are read as they are written: {codes:?}");
    for page in ["docs/diagnostics.md", "README.md"] {
        let page_text = document(page);
        let rows = rows(section(&page_text, "## Exit codes"));
        let missing: Vec<String> = codes.difference(&rows).cloned().collect();
        none(&missing, &format!("{page} does not explain every exit code"));
    }
}

#[test]
fn every_outcome_of_a_step_is_explained() {
    let outcomes = variants("crates/sexton-engine/src/outcome.rs", "Outcome").iter().map(|name| kebab(name)).collect();
    same(&outcomes, &rows(section(&document("docs/operations.md"), "## Outcomes")), "docs/operations.md, Outcomes");
}

#[test]
fn every_key_of_a_policy_is_explained() {
    let code = without_comments(&document("crates/sexton-core/src/policy/file/keys.rs"));
    let keys: BTreeSet<String> = quoted(&code).map(str::to_owned).collect();
    assert!(keys.len() >= 25, "the keys are read as they are written: {keys:?}");
    let page = document("docs/policy.md");
    let missing: Vec<String> = keys.into_iter().filter(|key| !page.contains(&format!("`{key}`"))).collect();
    none(&missing, "docs/policy.md does not name every key");
}

#[test]
fn every_variable_and_function_of_a_condition_is_explained() {
    let expression = document("crates/sexton-core/src/policy/condition/expression.rs");
    let all = expression.split("const ALL").nth(1).and_then(|rest| rest.split("];").next()).expect("the variables");
    let compile = document("crates/sexton-core/src/policy/condition/compile.rs");
    let functions =
        compile.split("const FUNCTIONS").nth(1).and_then(|rest| rest.split("];").next()).expect("functions");
    let words: BTreeSet<&str> = quoted(all).chain(quoted(functions)).collect();
    assert!(words.len() >= 25, "the words are read as they are written: {words:?}");
    let page = document("docs/policy.md");
    let missing: Vec<String> =
        words.into_iter().filter(|word| !page.contains(&format!("`{word}`"))).map(str::to_owned).collect();
    none(&missing, "docs/policy.md does not name every variable and function");
}

#[test]
fn every_dependency_has_its_reason() {
    let named: BTreeSet<String> = workspace_dependencies().into_iter().collect();
    same(&named, &rows(&document("docs/dependencies.md")), "docs/dependencies.md");
}

#[test]
fn every_guarantee_names_a_test_that_is_there() {
    let readme = document("README.md");
    let guarantees = section(&readme, "## Guarantees");
    let mut broken = Vec::new();
    let mut items = 0;
    for item in guarantees.split("\n- ").skip(1) {
        items += 1;
        let tests: Vec<(&str, &str)> = item
            .split("[`")
            .skip(1)
            .filter_map(|link| {
                let (name, rest) = link.split_once("`](")?;
                Some((name, rest.split(')').next()?))
            })
            .collect();
        if tests.is_empty() {
            broken.push(format!("no test is named: {}", item.lines().next().unwrap_or_default()));
        }
        for (name, file) in tests {
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            if !is_test(&text, name) {
                broken.push(format!("{file} has no test {name}"));
            }
        }
    }
    assert!(items >= 5, "the guarantees are read as they are written");
    none(&broken, "a guarantee without a test is none");
}

/// Whether a source holds a test of that name that runs by default.
fn is_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(place, line)| {
        let declares = line
            .trim_start_matches("async ")
            .strip_prefix("fn ")
            .is_some_and(|rest| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')));
        let attributes: Vec<&&str> = lines[..place].iter().rev().take_while(|line| line.starts_with("#[")).collect();
        declares
            && attributes.iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            && !attributes.iter().any(|line| line.starts_with("#[ignore"))
    })
}

fn pages() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    for entry in fs::read_dir(root().join("docs")).expect("there are documents") {
        let name = entry.expect("an entry of docs is readable").file_name().to_string_lossy().into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            pages.push(format!("docs/{name}"));
        }
    }
    pages.sort();
    pages
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let folder = root().join(&page).parent().expect("a page stands in a folder").to_owned();
        for link in document(&page).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            if file.contains("://") {
                continue;
            }
            let target = if file.is_empty() { root().join(&page) } else { folder.join(file) };
            if !target.exists() {
                broken.push(format!("{page}: {link}"));
            } else if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap_or_default();
                if !text.lines().filter(|line| line.starts_with('#')).any(|line| self::anchor(line) == anchor) {
                    broken.push(format!("{page}: {link} (no such heading)"));
                }
            }
        }
    }
    none(&broken, "a link leads nowhere");
}

/// What a heading is called in a link.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

/// The fenced blocks of one language in a page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = document(page);
    let fence = format!("```{language}\n");
    let blocks = text.split(fence.as_str()).skip(1);
    blocks.filter_map(|block| block.split("\n```").next()).map(str::to_owned).collect()
}

#[test]
fn every_policy_that_is_shown_can_be_read() {
    let mut broken = Vec::new();
    let mut shown = 0;
    for page in pages() {
        for block in blocks(&page, "toml").iter().filter(|block| block.contains("[[collect]]")) {
            shown += 1;
            if let Err(error) = Policy::parse(block) {
                broken.push(format!("{page}: {error}"));
            }
        }
    }
    assert!(shown >= 2, "policies are shown");
    none(&broken, "a policy that is shown is no policy");
}

#[test]
fn every_inventory_that_is_shown_can_be_read() {
    let mut shown = 0;
    for page in pages() {
        for block in blocks(&page, "json").iter().filter(|block| block.contains("\"sexton.inventory\"")) {
            shown += 1;
            let read = inventory::read(block.as_bytes());
            assert!(read.is_ok(), "{page}: {}", read.expect_err("it is not"));
        }
    }
    assert!(shown >= 1, "an inventory is shown");
}

#[test]
fn set_up_is_two_commands_and_the_checks_begin_with_them() {
    let readme = document("README.md");
    let checks = document(".ci/run");
    for command in ["cargo run --release -- demo", "cargo test --workspace"] {
        assert!(readme.lines().any(|line| line.starts_with(command)), "README.md shows `{command}`");
        assert!(checks.contains(command), ".ci/run calls `{command}`");
    }
}

#[test]
fn no_test_of_a_guarantee_is_taken_from_a_comment() {
    assert!(is_test("#[test]\nfn a() {", "a") && is_test("#[tokio::test]\nasync fn a() {", "a"));
    assert!(!is_test("// fn a() {", "a") && !is_test("fn a() {", "a") && !is_test("#[test]\nfn ab() {", "a"));
    assert!(!is_test("#[test]\n#[ignore = \"slow\"]\nfn a() {", "a"));
    assert!(modules().len() > 50, "the sources are found");
}

#[test]
fn what_the_page_on_providers_shows_is_what_runs() {
    let page = document("docs/providers.md");
    let sources =
        ["main.rs", "shelf.rs", "shelf/rulebook.toml"].map(|name| document(&format!("tests/conformance/{name}")));
    let mut blocks = 0;
    let mut broken = Vec::new();
    for block in page.split("\n```").skip(1).step_by(2) {
        let Some((language, code)) = block.split_once('\n') else { continue };
        let is_quoted = language == "rust" || (language == "toml" && code.contains("[[guards]]"));
        if is_quoted {
            blocks += 1;
            if !sources.iter().any(|source| source.contains(code)) {
                broken.push(format!("nowhere: {}", code.lines().next().unwrap_or_default()));
            }
        }
    }
    assert!(blocks >= 5, "the page quotes its example: {blocks}");
    none(&broken, "docs/providers.md shows code that is not in tests/conformance");
}
