use super::*;
use crate::fact::Fact;
use crate::resource::Resource;
use crate::time::Timestamp;

fn now() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

fn test(raises: AttributePredicate, when_missing: WhenMissing) -> AttributeTest {
    AttributeTest { name: "a".to_owned(), raises, when_missing, when_carried: WhenCarried::Raise }
}

#[test]
fn an_attribute_raises_by_its_value_and_by_not_being_known() {
    let with = |attributes: &str| {
        let mut resource = Resource::unknown("p:a:r:k/i".parse().unwrap());
        resource.attributes = Fact::Known(serde_json::from_str(attributes).unwrap());
        resource
    };
    let not_false = test(AttributePredicate::NotEquals(false.into()), WhenMissing::Raise);
    let future = test(AttributePredicate::InFuture, WhenMissing::Clear);
    let locked = test(AttributePredicate::Contains("security".into()), WhenMissing::Clear);
    let managed = test(AttributePredicate::NotEmpty, WhenMissing::Clear);
    for (rule, attributes, expected) in [
        (&not_false, r#"{"a":false}"#, Raised::No),
        (&not_false, r#"{"a":true}"#, Raised::Known),
        (&not_false, r#"{"a":"false"}"#, Raised::Known),
        (&not_false, r#"{}"#, Raised::Unknown),
        (&not_false, r#"{"a":null}"#, Raised::Unknown),
        (&future, r#"{}"#, Raised::No),
        (&future, r#"{"a":null}"#, Raised::Unknown),
        (&future, r#"{"a":"2026-11-21T00:00:01Z"}"#, Raised::Known),
        (&future, r#"{"a":"2026-11-21T00:00:00Z"}"#, Raised::No),
        (&future, r#"{"a":"soon"}"#, Raised::Unknown),
        (&future, r#"{"a":7}"#, Raised::Unknown),
        (&locked, r#"{"a":["financial"]}"#, Raised::No),
        (&locked, r#"{"a":["financial","security"]}"#, Raised::Known),
        (&locked, r#"{"a":"security"}"#, Raised::Unknown),
        (&managed, r#"{"a":""}"#, Raised::No),
        (&managed, r#"{"a":"backup"}"#, Raised::Known),
    ] {
        assert_eq!(rule.reads(with(attributes).attribute("a"), now()), expected, "{attributes} by {rule:?}");
    }
    let unknown = Resource::unknown("p:a:r:k/i".parse().unwrap());
    assert_eq!(future.reads(unknown.attribute("a"), now()), Raised::Unknown);
}

#[test]
fn an_unknown_state_raises() {
    let test = StateTest::In(["progressing".to_owned()].into());
    assert_eq!(test.reads(Fact::Known("progressing")), Raised::Known);
    assert_eq!(test.reads(Fact::Known("accomplished")), Raised::No);
    assert_eq!(test.reads(Fact::Unknown), Raised::Unknown);
    let test = StateTest::NotIn(["Available".to_owned()].into());
    assert_eq!(test.reads(Fact::Known("Available")), Raised::No);
    assert_eq!(test.reads(Fact::Known("odd")), Raised::Known);
    assert_eq!(test.reads(Fact::Unknown), Raised::Unknown);
}

#[test]
fn a_known_no_outweighs_an_unknown() {
    assert_eq!(Raised::No.and(Raised::Unknown), Raised::No);
    assert_eq!(Raised::Known.and(Raised::Unknown), Raised::Unknown);
    assert_eq!(Raised::Known.and(Raised::Known), Raised::Known);
}
