use super::*;

const ALLOWED: &str =
    r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"ice:ListLiveSnapshot*","Resource":"*"}]}"#;

fn assume(caller: &Credential, policy: Option<&str>) -> Result<Credential, String> {
    let mut parameters: BTreeMap<String, String> =
        [("RoleArn", "acs:ram::42:role/collector"), ("RoleSessionName", "me")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    parameters.extend(policy.map(|policy| ("Policy".to_owned(), policy.to_owned())));
    let now = "2026-11-21T00:00:00Z".parse().unwrap();
    let call = StsCall {
        operation: StsOperation::AssumeRole,
        parameters: &Parameters::new(parameters),
        caller,
        own: "1",
        session_ms: None,
        turn: Turn { now, seq: 1, seed: 7, endpoint: "localhost" },
    };
    let carried_out = call.carry_out(&mut Gate::new([])).and_then(|_| call.assume_role());
    carried_out.map(|(issued, _)| issued).map_err(|error| error.code.into_owned())
}

fn limited(action: &str) -> Credential {
    let text = format!(r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#);
    Credential { ram_policy: Some(vec![serde_json::from_str(&text).unwrap()]), ..Credential::new("limited", "secret") }
}

#[test]
fn a_role_may_do_everything_and_a_session_what_its_policy_allows() {
    let role = assume(&Credential::new("a", "b"), None).unwrap();
    assert!(role.may("DeleteLiveSnapshotFiles", "ice:DeleteLiveSnapshotFiles"));
    let session = assume(&Credential::new("a", "b"), Some(ALLOWED)).unwrap();
    assert!(session.may("ListLiveSnapshotFiles", "ice:ListLiveSnapshotFiles"));
    assert!(!session.may("DeleteLiveSnapshotFiles", "ice:DeleteLiveSnapshotFiles"));
    let wrong = assume(&Credential::new("a", "b"), Some("{}")).unwrap_err();
    assert_eq!(wrong, "InvalidParameter.PolicyGrammar");
}

#[test]
fn nobody_assumes_a_role_without_the_permission_to() {
    assert_eq!(assume(&limited("ecs:*"), None).unwrap_err(), "NoPermission");
    assume(&limited("sts:AssumeRole"), None).unwrap();
}
