use super::*;

mod soundness;

fn check(texts: &[(&str, Wanted, Reading)], given: &Given<'_>) -> Option<String> {
    let conditions: Vec<Condition> = texts.iter().map(|(text, _, _)| Condition::compile(text).unwrap()).collect();
    let demands: Vec<Demand<'_>> = conditions
        .iter()
        .zip(texts)
        .map(|(condition, (_, wanted, reading))| Demand { condition, wanted: *wanted, reading: *reading })
        .collect();
    contradiction(&demands, given).map(|found| match found {
        Contradiction::Unknown(cause) => cause.to_string(),
        Contradiction::Excluded => "excluded".to_owned(),
    })
}

/// Conditions that can never be true when collecting.
#[test]
fn contradictions_are_found() {
    let given = Given { kind: Some("image"), counted: Some(&["share"]), ..Given::default() };
    for text in [
        "false",
        "kind == 'disk'",
        "dependents.disk > 0",
        "dependents.share < 0",
        "dependents.share == -1",
        "size_bytes < 0",
        "state == null",
        "tags.a == 'x' && tags.a == 'y'",
        "tags.a == 'x' && (tags.b == 'y' && tags['a'] == 'y')",
        "!(tags.a != 'x' || tags.a == 'x')",
        "tags.a == 'x' && tags.a != 'x'",
        "tags.a in ['x', 'y'] && tags.a == 'z'",
        "tags.a in ['x', 'y'] && !tags.a.startsWith('x') && tags.a != 'y'",
        "tags.a == 'x' && !has(tags.a)",
        "tags.a == 'x' && !('a' in tags)",
        "tags.a == 'x' && tags.a == null",
        "tags.a == null && tags.a != 'x'",
        "has(tags.a) && tags.a == null",
        "attrs.a == 1 && !has(attrs.a)",
        "attrs.a == 'x' && attrs.a.b == 3",
        "attrs.a > 3 && attrs.a > 'x'",
        "attrs.a == true && !attrs.a",
        "unused && !unused",
        "unused && (unused ? false : true)",
        "age > duration('48h') && age < duration('24h')",
        "duration('48h') < age && !(age >= duration('24h'))",
        "age > duration('24h') && age <= duration('24h')",
        "created_at > timestamp('2026-01-01T00:00:00Z') && created_at < timestamp('2025-01-01T00:00:00Z')",
        "name > 'b' && name < 'a'",
        "size_bytes == 5 && size_bytes > 10",
        "(tags.a == 'x' || tags.a == 'y') && tags.a == 'z'",
        "name == 'x' && name.contains('y')",
        "state == 'Available' && state.lowerAscii() == 'Available'",
    ] {
        assert!(check(&[(text, Wanted::True, Reading::Collect)], &given).is_some(), "{text}");
    }
    assert_eq!(
        check(&[("tags.a == 'x' && age > 30", Wanted::True, Reading::Collect)], &given).unwrap(),
        "a duration does not compare or combine with a number"
    );
}

#[test]
fn what_can_be_is_no_contradiction() {
    let given = Given { kind: Some("image"), counted: Some(&["share"]), ..Given::default() };
    for text in [
        "true",
        "kind == 'image'",
        "dependents.disk == 0 && dependents.share > 0",
        "size_bytes >= 0 && size_bytes <= 0",
        "tags.a == 'x' && tags.b == 'y'",
        "tags.a == 'x' || tags.a == 'y'",
        "tags.a in ['x', 'y'] && tags.a == 'y'",
        "tags.a == null || tags.a != 'x'",
        "!has(tags.a) && tags.a == null",
        "!has(attrs.a)",
        "attrs.a == 3 || attrs.a == '3'",
        "age >= duration('24h') && age <= duration('24h')",
        "age > duration('24h') && age < duration('48h')",
        "attrs.list.exists(x, x == 'a') && attrs.list.exists(x, x == 'b')",
        "name.startsWith('a') && name.endsWith('b')",
        "attrs.a.b == 1 && attrs.a.c == 2",
        "unused == false",
    ] {
        assert_eq!(check(&[(text, Wanted::True, Reading::Collect)], &given), None, "{text}");
    }
}

#[test]
fn what_collects_and_what_protects_are_read_each_in_its_way() {
    let given = Given::default();
    let both = |collect, protect| {
        check(&[(collect, Wanted::True, Reading::Collect), (protect, Wanted::False, Reading::Protect)], &given)
    };
    assert!(both("tags.keep == 'true' && age > duration('1h')", "tags.keep == 'true'").is_some());
    assert!(both("tags.env == 'dev'", "tags.env != 'prod'").is_some());
    assert!(both("tags.env == 'dev'", "true").is_some());
    assert!(both("tags.env == 'dev'", "age > 30").is_some());
    assert!(both("!has(tags.keep)", "tags.keep == 'true'").is_none());
    assert!(both("tags.env == 'dev'", "tags.keep == 'true'").is_none());
    assert!(both("!has(tags.env)", "tags.env != 'prod'").is_some());
}

#[test]
fn a_condition_of_too_many_alternatives_is_left_alone() {
    let many: Vec<String> = (0..70).map(|n| format!("tags.a == '{n}'")).collect();
    let text = format!("({}) && tags.a == 'x'", many.join(" || "));
    assert_eq!(check(&[(text.as_str(), Wanted::True, Reading::Collect)], &Given::default()), None);
}
