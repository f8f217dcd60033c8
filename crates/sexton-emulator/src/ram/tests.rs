use super::*;

fn policies(statements: &str) -> Vec<RamPolicy> {
    vec![serde_json::from_str(&format!(r#"{{"Version": "1", "Statement": [{statements}]}}"#)).unwrap()]
}

#[test]
fn what_nothing_allows_is_denied_and_a_denial_goes_first() {
    assert!(!allows(&[], "ecs:DescribeImages"));
    let allowed = r#"{"Effect": "Allow", "Action": ["ecs:Describe*", "ecs:DeleteImage"], "Resource": "*"}"#;
    let denied = r#"{"Effect": "Deny", "Action": "ecs:DescribeDisks", "Resource": ["*"]}"#;
    let both = policies(&format!("{denied},{allowed}"));
    assert!(allows(&both, "ecs:DescribeImages") && allows(&both, "ecs:DeleteImage"));
    assert!(!allows(&both, "ecs:DescribeDisks"));
    assert!(!allows(&both, "ecs:DeleteSnapshot") && !allows(&both, "ess:DescribeImages"));

    let together = [policies(allowed), policies(denied)].concat();
    assert!(allows(&together, "ecs:DescribeImages") && !allows(&together, "ecs:DescribeDisks"));
}

#[test]
fn a_star_stands_for_any_run_of_characters() {
    for (pattern, named) in [
        ("*", true),
        ("ecs:*", true),
        ("ECS:deleteimage", true),
        ("ecs:DeleteImage*", true),
        ("ecs:*Image", true),
        ("ecs:D*te*Im*e", true),
        ("ecs:DeleteImag", false),
        ("ecs:*Snapshot", false),
        ("ecs:DeleteImage*e", false),
        ("ess:*", false),
    ] {
        assert_eq!(names(pattern, "ecs:DeleteImage"), named, "{pattern}");
    }
}

#[test]
fn a_document_that_says_more_than_is_enforced_is_an_error() {
    let parse = |statement: &str| {
        serde_json::from_str::<RamPolicy>(&format!(r#"{{"Version": "1", "Statement": [{statement}]}}"#))
    };
    assert!(parse(r#"{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}"#).is_ok());
    for statement in [
        r#"{"Effect": "Allow", "Action": "ecs:*", "Resource": "acs:ecs:*:*:image/*"}"#,
        r#"{"Effect": "Allow", "Action": "ecs:*", "Resource": []}"#,
        r#"{"Effect": "Allow", "Action": "ecs:*", "Resource": "*", "Condition": {}}"#,
        r#"{"Effect": "Perhaps", "Action": "ecs:*", "Resource": "*"}"#,
        r#"{"Effect": "Allow", "NotAction": "ecs:*", "Resource": "*"}"#,
    ] {
        assert!(parse(statement).is_err(), "{statement}");
    }
    assert!(serde_json::from_str::<RamPolicy>(r#"{"Version": "2", "Statement": []}"#).is_err());
}
