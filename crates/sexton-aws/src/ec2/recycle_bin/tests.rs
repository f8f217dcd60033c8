use super::*;
use crate::rpc::Element;

fn tags(pairs: &[(&str, &str)]) -> Fact<Tags> {
    Fact::Known(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
}

fn read(text: &str) -> Result<Option<Rule>, DecodeError> {
    rule(Ec2Kind::Snapshot, Row::new(&Element::of_json(text.as_bytes()).unwrap()))
}

#[test]
fn the_longest_rule_that_keeps_a_resource_counts() {
    let rule = |days: u32, with: &str| {
        let text = format!(
            r#"{{"RetentionPeriod": {{"RetentionPeriodValue": {days}, "RetentionPeriodUnit": "DAYS"}}, "Status": "available" {with}}}"#
        );
        read(&text).unwrap().unwrap()
    };
    let by_tag = rule(30, r#", "ResourceTags": [{"ResourceTagKey": "env", "ResourceTagValue": "prod"}]"#);
    let by_key = rule(90, r#", "ResourceTags": [{"ResourceTagKey": "legal"}]"#);
    let all_but = rule(7, r#", "ExcludeResourceTags": [{"ResourceTagKey": "scratch"}], "ResourceTags": []"#);
    let rules = Rules(vec![by_tag, by_key, all_but]);
    let of = |found: &Fact<Tags>| rules.retention(Ec2Kind::Snapshot, found);
    assert_eq!(of(&tags(&[])), Fact::Known(Some(7)));
    assert_eq!(of(&tags(&[("env", "prod")])), Fact::Known(Some(30)));
    assert_eq!(of(&tags(&[("env", "prod"), ("legal", "x")])), Fact::Known(Some(90)));
    assert_eq!(of(&tags(&[("env", "dev"), ("scratch", "")])), Fact::Known(None));
    assert_eq!(of(&Fact::Unknown), Fact::Unknown);
    assert_eq!(rules.retention(Ec2Kind::Image, &tags(&[])), Fact::Known(None));
    assert_eq!(Rules(vec![rule(5, "")]).retention(Ec2Kind::Snapshot, &Fact::Unknown), Fact::Known(Some(5)));
}

#[test]
fn a_rule_that_is_not_in_force_keeps_nothing_and_one_that_cannot_be_read_is_an_error() {
    let pending = r#"{"RetentionPeriod": {"RetentionPeriodValue": 7}, "Status": "pending"}"#;
    assert_eq!(read(pending), Ok(None));
    let field = "RetentionPeriodValue";
    assert_eq!(read(r#"{"Status": "available"}"#), Err(DecodeError::NoId { field }));
    assert!(
        read(r#"{"RetentionPeriod": {"RetentionPeriodValue": 7}, "ResourceTags": [{"ResourceTagValue": "x"}]}"#)
            .is_err()
    );
}
