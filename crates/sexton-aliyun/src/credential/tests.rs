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
        Ok(found) => Ok((
            found.access_key_id.clone(),
            found.access_key_secret.reveal().to_owned(),
            found.security_token.map(|token| token.reveal().to_owned()),
        )),
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
    let refused = check(&named("role"), &[], home).unwrap_err();
    assert!(refused.contains(r#"of mode "RamRoleArn""#), "{refused}");
}

#[test]
fn another_file_can_be_named() {
    let home =
        home_with(r#"{"profiles":[{"name":"default","mode":"AK","access_key_id":"x","access_key_secret":"y"}]}"#);
    let path = home.path().join(".aliyun/config.json").display().to_string();
    assert_eq!(check(&CredentialSource::Chain, &[("ALIBABA_CLOUD_CONFIG_FILE", &path)], None), key("x", "y", None));
}

#[test]
fn nothing_found_and_nothing_readable_are_told_apart() {
    let empty = tempfile::tempdir().unwrap();
    let none = check(&CredentialSource::Chain, &[], Some(empty.path())).unwrap_err();
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
