use std::collections::BTreeMap;
use std::path::Path;

use super::*;

/// `key ID PASSWORD`, `bearer TOKEN`, or the error.
fn check(source: &CredentialSource, variables: &[(&str, &str)], home: Option<&Path>) -> String {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let surroundings =
        Surroundings { variable: &|name| variables.get(name).cloned(), home: home.map(Path::to_path_buf) };
    match find_in(source, &surroundings) {
        Ok(Credentials(Proof::Key { id, password })) => format!("key {id} {}", password.reveal()),
        Ok(Credentials(Proof::Bearer(token))) => format!("bearer {}", token.reveal()),
        Err(error) => match home {
            Some(home) => error.to_string().replace(&home.display().to_string(), "~"),
            None => error.to_string(),
        },
    }
}

fn home_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".zenlayer")).unwrap();
    for (name, text) in files {
        std::fs::write(home.path().join(".zenlayer").join(name), text).unwrap();
    }
    home
}

const PROFILES: &str = r#"{"default":{"access_key_id":"id-d","access_key_secret":"s-d"},
    "prod":{"token":"t-prod"},"bare":{"access_key_id":"id-bare"},"empty":{}}"#;

#[test]
fn the_environment_comes_first_in_the_order_of_its_names() {
    let home = home_with(&[("credentials.json", PROFILES)]);
    let home = Some(home.path());
    let terraform = [("ZENLAYERCLOUD_ACCESS_KEY_ID", "a "), ("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", " b")];
    let zeno = [("ZENLAYER_ACCESS_KEY_ID", "c"), ("ZENLAYER_ACCESS_KEY_SECRET", "d")];
    let token = [("ZENLAYERCLOUD_ACCESS_TOKEN", "e")];
    let chain = CredentialSource::Chain;
    assert_eq!(check(&chain, &[&terraform[..], &zeno[..], &token[..]].concat(), home), "key a b");
    assert_eq!(check(&chain, &[&zeno[..], &token[..]].concat(), home), "key c d");
    assert_eq!(check(&chain, &token, home), "bearer e");
    assert_eq!(check(&chain, &[("ZENLAYERCLOUD_ACCESS_KEY_ID", " ")], home), "key id-d s-d");
    assert_eq!(check(&CredentialSource::Profile("prod".to_owned()), &terraform, home), "bearer t-prod");
}

#[test]
fn half_a_key_is_an_error_and_not_the_next_source() {
    let variables = [("ZENLAYERCLOUD_ACCESS_KEY_ID", "a"), ("ZENLAYERCLOUD_ACCESS_TOKEN", "e")];
    assert_eq!(
        check(&CredentialSource::Chain, &variables, None),
        "ZENLAYERCLOUD_ACCESS_KEY_ID is set, ZENLAYERCLOUD_ACCESS_KEY_PASSWORD is not"
    );
}

#[test]
fn profiles_are_chosen_by_name_variable_and_current() {
    let home = home_with(&[("credentials.json", PROFILES), ("config.json", r#"{"current_profile":"prod"}"#)]);
    let home = Some(home.path());
    let chain = CredentialSource::Chain;
    assert_eq!(check(&chain, &[], home), "bearer t-prod");
    assert_eq!(check(&chain, &[("ZENLAYER_PROFILE", "default")], home), "key id-d s-d");
    for name in ["bare", "empty"] {
        let told = check(&CredentialSource::Profile(name.to_owned()), &[], home);
        assert!(told.ends_with("has neither an access key with its secret nor a token"), "{told}");
    }
    assert_eq!(
        check(&CredentialSource::Profile("nobody".to_owned()), &[], home),
        r#"~/.zenlayer/credentials.json has no profile "nobody""#
    );
}

#[test]
fn nothing_found_and_nothing_readable_are_told_apart() {
    let empty = tempfile::tempdir().unwrap();
    assert!(check(&CredentialSource::Chain, &[], Some(empty.path())).starts_with("no credentials: set"));
    assert!(check(&CredentialSource::Chain, &[], None).starts_with("no credentials: set"));
    let broken = home_with(&[("credentials.json", "{\"default\":\n{\"access_key_secret\": s-secret}}")]);
    assert_eq!(
        check(&CredentialSource::Chain, &[], Some(broken.path())),
        "~/.zenlayer/credentials.json is not a file of profiles: line 2, column 23"
    );
}

#[test]
fn secrets_are_never_shown() {
    let key = Credentials::key("the-id", "the-password");
    let token = Credentials::bearer("the-token");
    let shown = format!("{key:?} {token:?} {:?}", CredentialSource::Given(key.clone()));
    assert!(!shown.contains("the-password") && !shown.contains("the-token"), "{shown}");
    assert!(shown.contains("the-id"), "{shown}");
}
