use serde_json::json;
use sexton_provider::{Effect, ErrorClass, Provider};
use sexton_zenlayer::{ApiVersion, CredentialSource, RegionChoice, ZecConfig, ZecProvider};

use crate::server::{ACCOUNT, Server, error, ok, region};

#[tokio::test]
async fn the_account_is_the_configured_one_and_the_key_is_asked_for_every_time() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    for name in ["asia-east-1", "europe-west-1", "global"] {
        let identity = provider.identity(&region(name)).await.unwrap();
        assert_eq!((identity.account.as_str(), identity.region.as_str()), (ACCOUNT, name));
    }
    assert_eq!(server.calls_of("DescribeZones").len(), 3);
    let unknown = provider.identity(&region("mars-1")).await.unwrap_err();
    assert_eq!((unknown.class, unknown.effect), (ErrorClass::Permanent, Effect::None));
    assert!(unknown.message.contains("the provider lists no region mars-1"), "{unknown}");
}

#[tokio::test]
async fn regions_are_those_of_the_zones_and_the_account_s_own() {
    let server = Server::start(|_| None).await;
    let names = async |provider: ZecProvider| {
        provider.regions().await.unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(names(server.provider()).await, ["asia-east-1", "europe-west-1", "global"]);
    let named = RegionChoice::Named(vec![region("mars-1")]);
    assert_eq!(names(server.provider_of(named, ApiVersion::V20240401)).await, ["mars-1"]);
    assert_eq!(server.calls().len(), 1);
    assert_eq!(server.calls()[0].body, json!({}));
}

#[tokio::test]
async fn a_key_that_is_not_accepted_is_of_class_auth_and_one_that_may_not_ask_is_not() {
    for (code, class) in [
        ("AUTHFAILURE_SIGNATURE_FAILURE", ErrorClass::Auth),
        ("AUTHFAILURE_UNAUTHORIZED_OPERATION", ErrorClass::Permanent),
        ("MISSING_PARAMETER", ErrorClass::Permanent),
    ] {
        let server = Server::start(move |_| Some(error(400, code))).await;
        let failed = server.provider().identity(&region("asia-east-1")).await.unwrap_err();
        assert_eq!((failed.class, failed.code.as_deref()), (class, Some(code)));
        assert_eq!(server.calls().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn an_account_without_zones_is_no_account() {
    for zones in [json!(null), json!([]), json!("x"), json!([{"zoneId": "a"}])] {
        let server = Server::start(move |_| Some(ok(json!({"zoneSet": zones})))).await;
        let failed = server.provider().identity(&region("asia-east-1")).await.unwrap_err();
        assert_eq!(failed.class, ErrorClass::Permanent, "{failed}");
    }
}

#[tokio::test]
async fn what_cannot_be_connected_says_so_without_a_call() {
    let config = |endpoint: &str| ZecConfig {
        name: "edge".to_owned(),
        account: ACCOUNT.parse().unwrap(),
        regions: RegionChoice::All,
        endpoint: Some(endpoint.to_owned()),
        version: ApiVersion::default(),
        credentials: CredentialSource::Profile("no such profile, whatever the home".to_owned()),
    };
    let no_endpoint = ZecProvider::connect(config("https://user:the-password@host")).unwrap_err();
    assert_eq!(no_endpoint.to_string(), "provider \"edge\": the endpoint is not usable");
    assert!(!format!("{no_endpoint:?}").contains("the-password"));
    let no_key = ZecProvider::connect(config("console.zenlayer.com")).unwrap_err();
    assert_eq!(no_key.to_string(), "provider \"edge\": no credentials");
}
