use super::*;
use crate::fact::Fact;
use crate::resource::{Attribute, Resource};
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

fn lab() -> Rulebook {
    serde_json::from_str(include_str!("../../examples/lab/rulebook.json")).unwrap()
}

#[test]
fn an_attribute_follows_what_a_guard_has_removed_first_and_for_one_reason() {
    let faults = |change: &dyn Fn(&mut Rulebook)| {
        let mut rulebook = lab();
        let volume = rulebook.kinds.iter_mut().find(|rules| rules.kind.as_str() == "volume").unwrap();
        volume.follows =
            serde_json::from_str(r#"[{"attribute":"used","relation":"made-from","kind":"template"}]"#).unwrap();
        change(&mut rulebook);
        rulebook.faults().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let guard =
        |rulebook: &Rulebook| rulebook.guards.iter().find(|guard| guard.code.as_str() == "VolumeInUse").cloned();
    let other = |guard: &mut Guard, change: &dyn Fn(&mut Other)| match &mut guard.raised_by {
        RaisedBy::Other(other) => change(other),
        RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => unreachable!(),
    };
    assert_eq!(faults(&|_| {}), [""; 0]);

    let unguarded = "attribute used of kind volume follows a template made-from it, and no guard has that removed \
                     before it";
    assert_eq!(faults(&|rules| rules.guards.retain(|guard| guard.code.as_str() != "VolumeInUse")), [unguarded]);
    assert_eq!(faults(&|rules| rules.guards.iter_mut().for_each(|guard| guard.remedies.clear())), [unguarded]);
    assert_eq!(
        faults(&|rules| rules.kinds[0].follows[0].relation = "fills".parse().unwrap()),
        [unguarded.replace("made-from", "fills")]
    );

    let ambiguous = "attribute used of kind volume follows a template made-from it, and a template can come before \
                     it for another reason";
    let by_another = |change: &dyn Fn(&mut Other)| {
        faults(&|rules| {
            let mut second = guard(rules).unwrap();
            other(&mut second, change);
            rules.guards.push(second);
        })
    };
    assert_eq!(by_another(&|_| {}), [""; 0]);
    assert_eq!(by_another(&|other| other.relation = "fills".parse().unwrap()), [ambiguous]);
    assert_eq!(by_another(&|other| other.end = End::Dependency), [ambiguous]);
    let carried = faults(&|rules| {
        let mut with = guard(rules).unwrap();
        with.target = "template".parse().unwrap();
        with.remedies = vec![Remedy::Remove];
        other(&mut with, &|other| {
            other.kind = "volume".parse().unwrap();
            other.goes = Goes::With;
        });
        rules.guards.push(with);
    });
    assert_eq!(carried, [ambiguous]);
}

#[test]
fn one_guard_of_a_kind_at_most_is_forced_by_an_operation() {
    let force = |operation: &str| {
        Remedy::Force(Force {
            parameter: None,
            operation: Some(operation.to_owned()),
            only: Some(OnlyWhere { attribute: "half".to_owned(), equals: true.into() }),
            consequence: "the rest is lost".to_owned(),
        })
    };
    let faults = |change: &dyn Fn(&mut Vec<Guard>)| {
        let mut rulebook = lab();
        let busy = rulebook.guards.iter_mut().find(|guard| guard.code.as_str() == "TemplateBusy").unwrap();
        busy.remedies.push(force("stop-template"));
        change(&mut rulebook.guards);
        (rulebook.faults().iter().map(ToString::to_string).collect::<Vec<_>>(), rulebook)
    };
    let (none, rulebook) = faults(&|_| {});
    assert_eq!(none, [""; 0]);
    let busy: [GuardCode; 1] = ["TemplateBusy".parse().unwrap()];
    assert_eq!(rulebook.operation("template", &busy), Some("stop-template"));
    assert_eq!(rulebook.operation("template", &[]), Some("rm-template"));
    assert_eq!(rulebook.operation("template", &["TemplateInUse".parse().unwrap()]), Some("rm-template"));
    assert_eq!(rulebook.operation("machine", &busy), None);
    let text = serde_json::to_string(&rulebook).unwrap();
    assert_eq!(serde_json::from_str::<Rulebook>(&text).unwrap(), rulebook);

    let fault = |code: &str| {
        format!(
            "guard {code}: only one guard on a kind can be forced by an operation, under a code that no other there has"
        )
    };
    let (two, _) = faults(&|guards| {
        let other = guards.iter_mut().find(|guard| guard.code.as_str() == "TemplateInUse").unwrap();
        other.remedies = vec![Remedy::Remove, force("halt-template")];
    });
    assert_eq!(two, [fault("TemplateInUse"), fault("TemplateBusy")]);
    let (twice, _) = faults(&|guards| {
        let mut same = guards.last().unwrap().clone();
        same.remedies.clear();
        guards.push(same);
    });
    assert_eq!(twice, [fault("TemplateBusy")]);
}

#[test]
fn a_force_is_a_remedy_for_those_of_which_it_is_known_alone() {
    let only = OnlyWhere { attribute: "half".to_owned(), equals: true.into() };
    assert!(only.holds(Attribute::Known(&true.into())));
    assert!(!only.holds(Attribute::Known(&false.into())));
    assert!(!only.holds(Attribute::Known(&"true".into())));
    assert!(!only.holds(Attribute::Missing));
    assert!(!only.holds(Attribute::Unknown));
}

#[test]
fn a_rulebook_that_is_older_than_an_optional_key_is_read() {
    assert!(lab().kinds.iter().all(|rules| rules.follows.is_empty()));
}

#[test]
fn what_is_made_anew_is_made_by_a_kind_that_is_described() {
    let text = r#"{"provider":"p","kinds":[{"kind":"k","removal":null,"probe_limit":1,"usable":"always",
        "data":"nothing","remade":[{"attribute":"a","value":"auto","relation":"source","maker":"m","covers":"covers"}]}],
        "guards":[]}"#;
    let rulebook: Rulebook = serde_json::from_str(text).unwrap();
    let (kind, maker) = ("k".parse().unwrap(), "m".parse().unwrap());
    assert_eq!(rulebook.faults(), [RulebookError::UnknownMaker { kind, maker }]);
    assert!(rulebook.kinds[0].remade[0].idle.is_empty());
}
