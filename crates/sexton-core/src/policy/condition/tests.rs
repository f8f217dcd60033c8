use super::*;
use crate::fact::Fact;
use crate::inventory::Inventory;
use crate::resource::Resource;

struct Nothing;

impl Surroundings for Nothing {
    fn unused(&self) -> Fact<bool> {
        Fact::Known(true)
    }
    fn dependents(&self, kind: &str) -> Fact<u64> {
        match kind {
            "instance" => Fact::Known(2),
            "share" => Fact::Unknown,
            _ => Fact::Known(0),
        }
    }
}

fn subject() -> Resource {
    Resource {
        address: "aliyun-ecs:123:cn-hangzhou:image/m-1".parse().unwrap(),
        name: Fact::Known("build-web".to_owned()),
        created_at: Fact::Known("2026-11-01T00:00:00Z".parse().unwrap()),
        state: Fact::Known("Available".to_owned()),
        size_bytes: Fact::Unknown,
        tags: Fact::Known([("env".to_owned(), "dev".to_owned())].into()),
        attributes: Fact::Known(
            serde_json::from_str(
                r#"{"usage":"none","public":false,"count":3,"locks":["a","b"],"lost":null,"deep":{"x":1,"lost":null}}"#,
            )
            .unwrap(),
        ),
        links: Fact::Known(Vec::new()),
    }
}

fn alone(resource: &Resource) -> Inventory {
    Inventory::new("2026-11-21T00:00:00Z".parse().unwrap(), [], vec![resource.clone()]).unwrap()
}

fn truth_of(resource: &Resource, text: &str, reading: Reading) -> Truth {
    let condition = match Condition::compile(text) {
        Ok(condition) => condition,
        Err(errors) => panic!("{text}: {errors:?}"),
    };
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let inventory = alone(resource);
    let resource = inventory.resource(inventory.find(resource.address.as_str()).unwrap());
    condition.truth(Subject { resource, now, surroundings: &Nothing }, reading)
}

/// `T`, `F` or `?`, read for collecting and for protecting.
fn both(resource: &Resource, text: &str) -> String {
    [Reading::Collect, Reading::Protect]
        .into_iter()
        .map(|reading| match truth_of(resource, text, reading) {
            Truth::True => 'T',
            Truth::False => 'F',
            Truth::Unknown(_) => '?',
        })
        .collect()
}

#[test]
fn every_operator_says_what_unknown_does() {
    let resource = subject();
    for (text, expected) in [
        // Known facts.
        ("provider == 'aliyun-ecs' && account == '123' && region == 'cn-hangzhou'", "TT"),
        ("kind == 'image' && id == 'm-1' && name.startsWith('build-')", "TT"),
        ("age > duration('456h') && age < duration('481h')", "TT"),
        ("created_at < timestamp('2026-11-02T00:00:00Z')", "TT"),
        ("created_at + duration('24h') == timestamp('2026-11-02T00:00:00Z')", "TT"),
        ("state in ['Available', 'Deprecated']", "TT"),
        ("dependents.instance == 2 && dependents['launch-template'] == 0", "TT"),
        ("unused", "TT"),
        ("attrs.count + 1 == 4 && attrs.count * 2 > 5 && attrs.count % 2 == 1 && -attrs.count < 0", "TT"),
        ("attrs.count < 3.5 && attrs.count == 3.0", "TT"),
        ("'b' in attrs.locks && size(attrs.locks) == 2 && attrs.locks[0] == 'a'", "TT"),
        ("attrs.locks.exists(lock, lock == 'b')", "TT"),
        ("attrs.locks.all(lock, lock == 'b')", "FF"),
        ("tags.exists(key, key.startsWith('en'))", "TT"),
        ("attrs.deep.x == 1 && has(attrs.deep.x) && !has(attrs.deep.y)", "TT"),
        ("name.matches('^b.*b$') && name.endsWith('web') && name.contains('d-w')", "TT"),
        ("name.size() == 9 && string(attrs.count) == '3' && int('7') == 7 && double(attrs.count) > 2.9", "TT"),
        ("name.lowerAscii() == 'build-web'", "TT"),
        ("unused ? state == 'Available' : false", "TT"),
        // Absent tags.
        ("tags.team == 'x'", "?F"),
        ("tags.team != 'x'", "?T"),
        ("tags.team == null", "TT"),
        ("null == tags.team", "TT"),
        ("tags.team != null", "FF"),
        ("tags.env == null", "FF"),
        ("has(tags.team)", "FF"),
        ("has(tags.env)", "TT"),
        ("'team' in tags", "FF"),
        ("'env' in tags", "TT"),
        ("tags['team'] == 'x'", "?F"),
        ("tags.team in ['x', 'y']", "?F"),
        ("!(tags.team in ['x', 'y'])", "?T"),
        ("tags.team == tags.owner", "?T"),
        ("tags.team.startsWith('x')", "??"),
        ("tags.team > 'x'", "??"),
        ("size(tags.team) > 0", "??"),
        // Unknown facts.
        ("size_bytes > 0", "??"),
        ("!(size_bytes > 0)", "??"),
        ("size_bytes > 0 || true", "TT"),
        ("true || size_bytes > 0", "TT"),
        ("size_bytes > 0 || false", "??"),
        ("size_bytes > 0 && false", "FF"),
        ("false && size_bytes > 0", "FF"),
        ("size_bytes > 0 && true", "??"),
        ("size_bytes > 0 ? true : true", "??"),
        ("unused ? true : size_bytes > 0", "TT"),
        ("size_bytes in [1, 2]", "??"),
        ("dependents.share == 0", "??"),
        ("dependents.share >= 0", "??"),
        ("attrs.lost == 'x'", "??"),
        ("has(attrs.lost)", "??"),
        ("attrs.deep.lost == true", "??"),
        ("has(attrs.deep.lost)", "??"),
        ("attrs.none == 'x'", "??"),
        ("attrs.none == null", "??"),
        ("has(attrs.none)", "FF"),
        ("attrs.locks.exists(lock, lock == 'b' || size_bytes > 0)", "TT"),
        ("attrs.locks.all(lock, lock == 'c' && size_bytes > 0)", "FF"),
        ("attrs.locks.exists(lock, lock == 'c' || size_bytes > 0)", "??"),
        // Types that do not meet are an error, and an error is unknown.
        ("attrs.public == 'false'", "??"),
        ("attrs.count == '3'", "??"),
        ("attrs.usage > 3", "??"),
        ("name + 1 == 'x'", "??"),
        ("name", "??"),
        ("1 / 0 == 1", "??"),
        ("9223372036854775807 + 1 > 0", "??"),
        ("timestamp(name) < created_at", "??"),
        ("attrs.locks[9] == 'a'", "??"),
    ] {
        assert_eq!(both(&resource, text), expected, "{text}");
    }
}

#[test]
fn of_a_resource_of_which_nothing_is_known_only_the_address_is() {
    let resource = Resource::unknown("p:a:r:k/i".parse().unwrap());
    for (text, expected) in [
        ("kind == 'k'", "TT"),
        ("name == 'x'", "??"),
        ("name == null", "??"),
        ("tags.env == 'x'", "??"),
        ("tags.env == null", "??"),
        ("has(tags.env)", "??"),
        ("'env' in tags", "??"),
        ("attrs.x == 1", "??"),
        ("has(attrs.x)", "??"),
        ("age > duration('0s')", "??"),
        ("age < duration('0s')", "??"),
        ("created_at > timestamp('2000-01-01T00:00:00Z')", "??"),
        ("state != 'x'", "??"),
    ] {
        assert_eq!(both(&resource, text), expected, "{text}");
    }
}

#[test]
fn faults_are_said_with_their_place() {
    for (text, start, length, problem) in [
        ("nmae == 'x'", 0, 4, "unknown variable `nmae`: did you mean `name`?"),
        ("true && agee > duration('1h')", 8, 4, "unknown variable `agee`: did you mean `age`?"),
        ("frobnicate == 1", 0, 10, "unknown variable `frobnicate`: the variables are provider,"),
        ("age > duration('1 year')", 15, 8, "\"1 year\" is not a length of time"),
        ("created_at > timestamp('today')", 23, 7, "\"today\" is not a time"),
        ("name.matches('(')", 13, 3, "not a regular expression"),
        ("dependents[name] == 1", 10, 1, "the kind of dependents has to be a literal text"),
        ("name ==", 7, 1, "Syntax error"),
        ("name == 'é生' && agee == ''", 19, 4, "unknown variable `agee`: did you mean `age`?"),
        ("name == 'é生' && timestamp('生') == created_at", 29, 5, "\"生\" is not a time"),
        ("name == 'é生' =", 16, 1, "Syntax error"),
    ] {
        let errors = Condition::compile(text).unwrap_err();
        let error = &errors[0];
        assert!(error.problem.starts_with(problem), "{text}: {:?}", error.problem);
        assert_eq!((error.start, error.length), (start, length), "{text}");
    }
    let two = Condition::compile("nmae == 'x' || stat == 'y'").unwrap_err();
    assert_eq!(two.len(), 2, "{two:?}");
    assert!(Condition::compile("name.startWith('x')").unwrap_err()[0].problem.contains("did you mean `startsWith`"));
}

#[test]
fn what_a_condition_reads_is_known() {
    let reads = |text: &str| Condition::compile(text).unwrap().reads().clone();
    let named = reads("attrs.usage == 'x' && has(attrs.locked) && dependents['share'] == 0 && attrs['y-z'] == 1");
    assert_eq!(named.attributes, ["locked", "usage", "y-z"].map(str::to_owned).into());
    assert!(!named.any_attribute);
    assert_eq!(named.dependents, ["share".to_owned()].into());
    assert!(reads("attrs.exists(key, key == 'x')").any_attribute);
    assert!(reads("attrs[name] == 1").any_attribute);
}

#[test]
fn a_group_key_is_a_key_null_or_unknown() {
    let inventory = alone(&subject());
    let resource = inventory.resources().next().unwrap();
    let key = |text: &str| {
        let now = "2026-11-21T00:00:00Z".parse().unwrap();
        let subject = Subject { resource, now, surroundings: &Nothing };
        Condition::compile(text).unwrap().group_key(subject)
    };
    assert_eq!(key("tags.env"), GroupKey::Key("dev".to_owned()));
    assert_eq!(key("tags.team"), GroupKey::Null);
    assert_eq!(key("attrs.none"), GroupKey::Unknown);
    assert_eq!(key("attrs.lost"), GroupKey::Unknown);
    assert_eq!(key("attrs.count"), GroupKey::Key("3".to_owned()));
}
