use super::*;

/// What a condition can be, by letter: `T`, `F`, and `?` for unknown.
fn check(text: &str, reading: Reading, given: &Given<'_>, expected: &str, clash: Option<&str>) {
    let (sorts, cause) = Condition::compile(text).unwrap().possible(given, reading);
    let mut letters = String::new();
    for (sort, letter) in [(Sorts::TRUE, 'T'), (Sorts::FALSE, 'F'), (Sorts::UNKNOWN, '?')] {
        if sorts.has(sort) {
            letters.push(letter);
        }
    }
    assert_eq!(letters, expected, "{text}");
    if let Some(clash) = clash {
        assert_eq!(cause.unwrap().to_string(), clash, "{text}");
    }
}

#[test]
fn constants_are_what_they_are() {
    let given = Given { kind: Some("image"), counted: Some(&["share"]), ..Given::default() };
    for (text, expected) in [
        ("true", "T"),
        ("!true", "F"),
        ("1 < 2", "T"),
        ("'a' > 'b' || false", "F"),
        ("duration('1h') == duration('60m')", "T"),
        ("3 in [1, 2]", "F"),
        ("'a' in []", "F"),
        ("kind == 'image'", "T"),
        ("kind == 'disk'", "F"),
        ("kind.startsWith('im') && kind.matches('^i') && kind.lowerAscii() == 'image'", "T"),
        ("region == 'r'", "TF"),
        ("dependents.disk == 0", "T"),
        ("dependents['disk'] > 0", "F"),
        ("dependents.share == 0", "TF?"),
        ("true ? false : unused", "F"),
        ("unused ? true : true", "T?"),
        ("null == null", "T"),
        ("kind == null", "F"),
    ] {
        check(text, Reading::Collect, &given, expected, None);
    }
}

#[test]
fn facts_can_be_unknown_and_tags_absent() {
    for (text, collect, protect) in [
        ("state == 'x'", "TF?", "TF?"),
        ("state == null", "F?", "F?"),
        ("tags.a == 'x'", "TF?", "TF?"),
        ("tags.a == null", "TF?", "TF?"),
        ("tags.a == 3", "?", "F?"),
        ("has(tags.a)", "TF?", "TF?"),
        ("attrs.a == null", "F?", "F?"),
        ("attrs.a == duration('1h')", "?", "?"),
        ("attrs.a", "TF?", "TF?"),
        ("unused && true", "TF?", "TF?"),
        ("unused || true", "T", "T"),
        ("unused && false", "F", "F"),
        ("name || true", "T", "T"),
        ("name || false", "?", "?"),
        ("attrs.a.exists(x, x == 1)", "TF?", "TF?"),
        ("age.exists(x, x == 1)", "?", "?"),
        ("state in ['x', 'y']", "TF?", "TF?"),
        ("attrs.a in attrs.b", "TF?", "TF?"),
        ("created_at + duration('1h') < timestamp('2026-01-01T00:00:00Z')", "TF?", "TF?"),
        ("string(size_bytes) == '3' && int(name) > 2 && double(name) < 2.0", "TF?", "TF?"),
        ("size(tags) > 0 && -size_bytes < 0 && attrs.a[0] == 1", "TF?", "TF?"),
    ] {
        check(text, Reading::Collect, &Given::default(), collect, None);
        check(text, Reading::Protect, &Given::default(), protect, None);
    }
}

#[test]
fn what_can_only_be_unknown_says_why() {
    for (text, clash) in [
        ("age > 30", "a duration does not compare or combine with a number"),
        ("size_bytes == '3'", "a number does not compare or combine with a text"),
        ("tags.a > 3", "a text does not compare or combine with a number"),
        ("name + 1 == 'x'", "a text does not compare or combine with a number"),
        ("unused == 'true'", "a truth value does not compare or combine with a text"),
        ("created_at > '2026-01-01'", "a time does not compare or combine with a text"),
        ("age.startsWith('x')", "a duration does not compare or combine with a text"),
        ("size(age) > 3", "size does not take a duration"),
        ("!age", "! does not take a duration"),
        ("-name == 3", "- does not take a text"),
        ("name.x == 3", "a field does not take a text"),
        ("duration(age) == 3", "a duration does not compare or combine with a number"),
        ("int(unused) == 3", "int does not take a truth value"),
        ("'a' > 3", "a text does not compare or combine with a number"),
        ("3 in ['a']", "a text does not compare or combine with a number"),
        ("age.matches('x')", "matches does not take a duration"),
    ] {
        check(text, Reading::Collect, &Given::default(), "?", Some(clash));
    }
}

#[test]
fn a_group_key_varies_or_not() {
    let given = Given { kind: Some("image"), ..Given::default() };
    for (text, expected) in [
        ("tags.family", Keys::Several),
        ("region", Keys::Several),
        ("'all'", Keys::One),
        ("kind", Keys::One),
        ("3", Keys::One),
        ("true", Keys::One),
        ("null", Keys::Never),
        ("age", Keys::Never),
        ("created_at", Keys::Never),
        ("tags", Keys::Never),
        ("attrs.x", Keys::Several),
        ("unused ? 'a' : 'b'", Keys::Several),
    ] {
        assert_eq!(Condition::compile(text).unwrap().keys(&given), expected, "{text}");
    }
}
