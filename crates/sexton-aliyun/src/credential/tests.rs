use std::collections::BTreeMap;
use std::path::Path;

use super::*;

fn check(
    source: &CredentialSource,
    variables: &[(&str, &str)],
    home: Option<&Path>,
) -> Result<(String, String, Option<String>), String> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let surroundings =
        Surroundings { variable: &|name| variables.get(name).cloned(), home: home.map(Path::to_path_buf) };
    match find_in(source, &surroundings) {
        Ok(Origin::Fixed(found)) => Ok((
            found.access_key_id.clone(),
            found.access_key_secret.reveal().to_owned(),
            found.security_token.map(|token| token.reveal().to_owned()),
        )),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => {
            Err(error.to_string().replace(&home.map(|home| home.display().to_string()).unwrap_or_default(), "~"))
        }
    }
}

fn key(id: &str, secret: &str, token: Option<&str>) -> Result<(String, String, Option<String>), String> {
    Ok((id.to_owned(), secret.to_owned(), token.map(str::to_owned)))
}

fn home_with(config: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    std::fs::write(home.path().join(".aliyun/config.json"), config).unwrap();
    home
}

const PROFILES: &str = r#"{"current":"prod","profiles":[
    {"name":"default","mode":"AK","access_key_id":"id-default","access_key_secret":"s-default","region_id":"cn-hangzhou"},
    {"name":"prod","mode":"StsToken","access_key_id":"id-prod","access_key_secret":"s-prod","sts_token":"t-prod"},
    {"name":"role","mode":"RamRoleArn","access_key_id":"id-role","access_key_secret":"s-role","ram_role_arn":"acs:ram::1:role/x"},
    {"name":"odd","mode":"Telepathy"},
    {"name":"chained","mode":"ChainableRamRoleArn","source_profile":"role","ram_role_arn":"acs:ram::2:role/y","ram_session_name":"me",
     "expired_seconds":900,"sts_region":"cn-beijing","external_id":"x-1","policy":"{}"},
    {"name":"circle","mode":"ChainableRamRoleArn","source_profile":"circle","ram_role_arn":"acs:ram::2:role/y"},
    {"name":"machine","mode":"EcsRamRole","ram_role_name":"collector"},
    {"name":"token","mode":"OIDC","ram_role_arn":"acs:ram::1:role/x","oidc_provider_arn":"acs:ram::1:oidc-provider/p","oidc_token_file":"/token"},
    {"name":"helper","mode":"External","process_command":"get-keys --for 'the team'"},
    {"name":"bare","mode":"StsToken","access_key_id":"id-bare","access_key_secret":"s-bare"},
    {"name":"empty","mode":"AK"}]}"#;

#[test]
fn the_environment_comes_first_in_the_order_of_its_names() {
    let home = home_with(PROFILES);
    let home = Some(home.path());
    let current = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "a"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "b")];
    let older =
        [("ALICLOUD_ACCESS_KEY_ID", "c"), ("ALICLOUD_ACCESS_KEY_SECRET", "d"), ("ALICLOUD_SECURITY_TOKEN", "e")];
    let chain = CredentialSource::Chain;
    assert_eq!(check(&chain, &current, home), key("a", "b", None));
    assert_eq!(check(&chain, &older, home), key("c", "d", Some("e")));
    // The token belongs to the other key.
    assert_eq!(check(&chain, &[&current[..], &older[..]].concat(), home), key("a", "b", None));
    let middle = [("ALIBABACLOUD_ACCESS_KEY_ID", "f"), ("ALIBABACLOUD_ACCESS_KEY_SECRET", "g")];
    assert_eq!(check(&chain, &[&older[..], &middle[..]].concat(), home), key("f", "g", None));
    assert_eq!(
        check(&CredentialSource::Profile("default".to_owned()), &current, home),
        key("id-default", "s-default", None)
    );
}

#[test]
fn half_a_key_is_an_error_and_not_the_next_source() {
    let home = home_with(PROFILES);
    assert_eq!(
        check(&CredentialSource::Chain, &[("ALICLOUD_ACCESS_KEY_ID", "a")], Some(home.path())),
        Err("ALICLOUD_ACCESS_KEY_ID is set, ALICLOUD_ACCESS_KEY_SECRET is not".to_owned())
    );
}

#[test]
fn profiles_are_chosen_by_name_variable_and_current() {
    let home = home_with(PROFILES);
    let home = Some(home.path());
    let chain = CredentialSource::Chain;
    assert_eq!(check(&chain, &[], home), key("id-prod", "s-prod", Some("t-prod")));
    assert_eq!(check(&chain, &[("ALIBABA_CLOUD_PROFILE", "default")], home), key("id-default", "s-default", None));
    // An empty variable is none.
    assert_eq!(check(&chain, &[("ALIBABA_CLOUD_ACCESS_KEY_ID", "")], home), key("id-prod", "s-prod", Some("t-prod")));
    let named = |name: &str| CredentialSource::Profile(name.to_owned());
    assert_eq!(check(&named("nobody"), &[], home), Err(r#"~/.aliyun/config.json has no profile "nobody""#.to_owned()));
    assert_eq!(
        check(&named("bare"), &[], home),
        Err(r#"profile "bare" in ~/.aliyun/config.json has no sts_token"#.to_owned())
    );
    assert_eq!(
        check(&named("empty"), &[], home),
        Err(r#"profile "empty" in ~/.aliyun/config.json has no access_key_id"#.to_owned())
    );
    let refused = check(&named("odd"), &[], home).unwrap_err();
    assert!(refused.contains(r#"of mode "Telepathy""#), "{refused}");
}

#[test]
fn another_file_can_be_named() {
    let home =
        home_with(r#"{"profiles":[{"name":"default","mode":"AK","access_key_id":"x","access_key_secret":"y"}]}"#);
    let path = home.path().join(".aliyun/config.json").display().to_string();
    assert_eq!(check(&CredentialSource::Chain, &[("ALIBABA_CLOUD_CONFIG_FILE", &path)], None), key("x", "y", None));
}

/// What was found, as it is shown: without a secret.
fn origin(source: &CredentialSource, variables: &[(&str, &str)], home: Option<&Path>) -> String {
    check(source, variables, home).map_or_else(|shown| shown, |fixed| format!("{fixed:?}"))
}

#[test]
fn every_mode_of_a_profile_is_known() {
    let home = home_with(PROFILES);
    let of = |name: &str| origin(&CredentialSource::Profile(name.to_owned()), &[], Some(home.path()));
    let role = of("role");
    assert!(role.starts_with("Role { by: Fixed(") && role.contains("acs:ram::1:role/x"), "{role}");
    assert!(role.contains("session_name: \"sexton\"") && role.contains("duration: 3600"), "{role}");
    let chained = of("chained");
    assert!(chained.starts_with("Role { by: Role { by: Fixed("), "{chained}");
    for part in ["session_name: \"me\"", "duration: 900", "Some(\"cn-beijing\")", "Some(\"x-1\")", "policy: Some"] {
        assert!(chained.contains(part), "{part}: {chained}");
    }
    assert!(of("circle").contains("is its own source"), "{}", of("circle"));
    let machine = of("machine");
    assert!(machine.contains("role_name: Some(\"collector\")") && machine.contains("expected: Yes"), "{machine}");
    let token = of("token");
    assert!(token.starts_with("Oidc {") && token.contains("/token"), "{token}");
    assert_eq!(of("helper"), "Command((secret))");
}

#[test]
fn a_token_file_in_the_environment_is_whole_or_an_error() {
    let home = home_with(PROFILES);
    let home = Some(home.path());
    let all = [
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/t"),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "p"),
        ("ALIBABA_CLOUD_ROLE_ARN", "r"),
    ];
    let chain = CredentialSource::Chain;
    assert!(origin(&chain, &all, home).starts_with("Oidc {"));
    assert_eq!(origin(&chain, &all[..2], home), "ALIBABA_CLOUD_OIDC_TOKEN_FILE is set, ALIBABA_CLOUD_ROLE_ARN is not");
    assert_eq!(
        origin(&chain, &all[1..], home),
        "ALIBABA_CLOUD_OIDC_PROVIDER_ARN is set, ALIBABA_CLOUD_OIDC_TOKEN_FILE is not"
    );
    // A role by itself is no OIDC, and a key comes first.
    assert_eq!(check(&chain, &all[2..], home), key("id-prod", "s-prod", Some("t-prod")));
    let keyed = [("ALIBABA_CLOUD_ACCESS_KEY_ID", "a"), ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "b"), all[0]];
    assert_eq!(check(&chain, &keyed, home), key("a", "b", None));
}

#[test]
fn the_file_of_the_sdks_comes_after_the_command_line_s() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".alibabacloud")).unwrap();
    let write = |text: &str| std::fs::write(home.path().join(".alibabacloud/credentials"), text).unwrap();
    write(
        "[default]\ntype = access_key\naccess_key_id = ini-id\naccess_key_secret = ini-secret\n\n\
         [role]\ntype = ram_role_arn\naccess_key_id = a\naccess_key_secret = b\nrole_arn = acs:ram::1:role/z\nrole_session_name = s\n\n\
         [machine]\ntype = ecs_ram_role\nrole_name = collector\n\n[half]\ntype = access_key\naccess_key_id = a\n\n[odd]\ntype = rsa_key_pair\n",
    );
    let chain = CredentialSource::Chain;
    let home_path = Some(home.path());
    assert_eq!(check(&chain, &[], home_path), key("ini-id", "ini-secret", None));
    let named = |name: &str| origin(&chain, &[("ALIBABA_CLOUD_PROFILE", name)], home_path);
    assert!(named("role").contains("acs:ram::1:role/z"), "{}", named("role"));
    assert!(named("machine").contains("collector"), "{}", named("machine"));
    assert_eq!(named("half"), "profile \"half\" in ~/.alibabacloud/credentials has no access_key_secret");
    assert!(named("odd").contains("of mode \"rsa_key_pair\""), "{}", named("odd"));
    assert!(named("nobody").contains("has no profile \"nobody\""), "{}", named("nobody"));
    std::fs::create_dir(home.path().join(".aliyun")).unwrap();
    std::fs::write(home.path().join(".aliyun/config.json"), PROFILES).unwrap();
    assert_eq!(check(&chain, &[], home_path), key("id-prod", "s-prod", Some("t-prod")));
    assert_eq!(
        check(&chain, &[("ALIBABA_CLOUD_CLI_PROFILE_DISABLED", "true")], home_path),
        key("ini-id", "ini-secret", None)
    );
}

#[test]
fn nothing_found_and_nothing_readable_are_told_apart() {
    let empty = tempfile::tempdir().unwrap();
    // The last place is this machine itself, if it is an instance.
    let last = origin(&CredentialSource::Chain, &[], Some(empty.path()));
    assert_eq!(last, "Instance { role_name: None, first_version: Allowed, expected: Perhaps }");
    let named = [("ALIBABA_CLOUD_ECS_METADATA", "collector"), ("ALIBABA_CLOUD_IMDSV1_DISABLED", "true")];
    let last = origin(&CredentialSource::Chain, &named, Some(empty.path()));
    assert_eq!(last, "Instance { role_name: Some(\"collector\"), first_version: Disabled, expected: Yes }");
    let disabled = [("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "True")];
    let none = check(&CredentialSource::Chain, &disabled, Some(empty.path())).unwrap_err();
    assert!(none.starts_with("no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID"), "{none}");
    assert_eq!(
        check(&CredentialSource::Profile("x".to_owned()), &[], Some(empty.path())),
        Err("cannot read the profiles in ~/.aliyun/config.json".to_owned())
    );
    let broken = home_with("{\"current\":\"prod\",\n\"profiles\":[{\"access_key_secret\": s-secret}]}");
    let broken = check(&CredentialSource::Chain, &[], Some(broken.path())).unwrap_err();
    assert_eq!(broken, "~/.aliyun/config.json is not a file of profiles: line 2, column 35");
}

#[test]
fn secrets_are_never_shown() {
    let credentials = Credentials::new("id", "the-secret", Some("the-token".to_owned()));
    let shown = format!("{credentials:?} {:?}", CredentialSource::Given(credentials.clone()));
    assert!(!shown.contains("the-secret") && !shown.contains("the-token"), "{shown}");
    assert!(shown.contains("id"), "{shown}");
}
