use crate::credential::CredentialSource;
use crate::ecs::{EcsConfig, EcsProvider};
use crate::{Credentials, LISTINGS_SERVE_FOR, RegionChoice, SignatureVersion};

#[test]
fn what_was_shown_under_other_credentials_is_asked_again() {
    let provider = EcsProvider::connect(EcsConfig {
        name: "test".to_owned(),
        regions: RegionChoice::All,
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        credentials: CredentialSource::Given(Credentials::new("the-id", "the-secret", None)),
        signature: SignatureVersion::V3,
        bootstrap: None,
        listings_serve_for: LISTINGS_SERVE_FOR,
    })
    .unwrap();
    let generation = provider.client().credentials_generation();
    provider.remember_to_list(generation + 1, "DescribeDisks", "cn-hangzhou");
    assert!(!provider.known_to_list("DescribeDisks", "cn-hangzhou"));
    provider.remember_to_list(generation, "DescribeDisks", "cn-hangzhou");
    assert!(provider.known_to_list("DescribeDisks", "cn-hangzhou"));
    assert!(!provider.known_to_list("DescribeDisks", "cn-beijing"));
    assert!(!provider.known_to_list("DescribeImages", "cn-hangzhou"));
}
