use serde_json::json;
use sexton_aliyun::{
    ConnectError, CredentialSource, Credentials, EcsConfig, EcsProvider, LISTINGS_SERVE_FOR, RegionChoice,
    SignatureVersion,
};
use sexton_core::address::Region;
use sexton_provider::{ErrorClass, Provider};

use crate::server::{ACCOUNT, Listed, REGION, Server, error, ok, region};

#[tokio::test]
async fn the_account_and_the_region_are_the_providers_word() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    let identity = provider.identity(&region()).await.unwrap();
    assert_eq!((identity.account.as_str(), identity.region.as_str()), (ACCOUNT, REGION));
    assert_eq!(server.calls_of("GetCallerIdentity")[0].version, "2015-04-01");
    assert_eq!(server.calls_of("DescribeRegions")[0].version, "2014-05-26");
    assert_eq!(provider.regions().await.unwrap(), [region()]);
}

#[tokio::test]
async fn an_endpoint_of_another_region_is_found_out_and_not_listed_from() {
    let server = Server::start(|_| None).await;
    let elsewhere = Region::new("cn-beijing").unwrap();
    let provider = server.provider_of(RegionChoice::Named(vec![elsewhere.clone()]));
    assert_eq!(provider.regions().await.unwrap(), std::slice::from_ref(&elsewhere));
    assert_eq!(provider.identity(&elsewhere).await.unwrap().region, region());
    let mut listed = Listed::default();
    let error = provider.list(&elsewhere, &mut listed).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Permanent);
    assert_eq!(error.message, "the endpoint serves cn-hangzhou, not cn-beijing");
    assert_eq!(listed.kinds(), [""; 0]);
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_is_no_regions_own_is_an_error() {
    let server = Server::start(|request| {
        (request.operation == "DescribeRegions").then(|| {
            ok(json!({"Regions": {"Region": [{"RegionId": REGION, "RegionEndpoint": "ecs.cn-hangzhou.aliyuncs.com"}]}}))
        })
    })
    .await;
    let provider = server.provider();
    for error in [provider.identity(&region()).await.unwrap_err(), provider.regions().await.unwrap_err()] {
        assert_eq!(error.class, ErrorClass::Permanent);
        assert!(error.message.contains("does not say which region it serves"), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_of_several_regions_is_the_one_that_was_asked_for() {
    let server = Server::start(|request| {
        (request.operation == "DescribeRegions").then(|| {
            ok(json!({"Regions": {"Region": [{"RegionId": "cn-qingdao", "RegionEndpoint": request.host},
                {"RegionId": REGION, "RegionEndpoint": request.host}]}}))
        })
    })
    .await;
    let provider = server.provider();
    assert_eq!(provider.identity(&region()).await.unwrap().region, region());
    assert_eq!(provider.regions().await.unwrap().len(), 2);
}

#[tokio::test]
async fn without_an_identity_nothing_is_listed() {
    let server = Server::start(|request| {
        (request.operation == "GetCallerIdentity").then(|| error(404, "InvalidAccessKeyId.NotFound"))
    })
    .await;
    let mut listed = Listed::default();
    let error = server.provider().list(&region(), &mut listed).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Auth);
    assert_eq!(error.code.as_deref(), Some("InvalidAccessKeyId.NotFound"));
    assert_eq!(server.calls_of("GetCallerIdentity").len(), 1);
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 0);
}

#[tokio::test]
async fn the_question_who_one_is_is_asked_once() {
    let server = Server::start(|request| {
        (request.operation == "GetCallerIdentity")
            .then(|| error(400, "Throttling.User").header("x-acs-retry-after", "1"))
    })
    .await;
    let error = server.provider().identity(&region()).await.unwrap_err();
    let retry_after = Some(std::time::Duration::from_millis(1));
    assert_eq!(error.class, ErrorClass::Throttle { retry_after });
    assert_eq!(server.calls_of("GetCallerIdentity").len(), 1);
}

#[tokio::test]
async fn the_question_which_regions_there_are_is_asked_again_where_it_is_throttled() {
    let server = Server::start(|request| {
        (request.operation == "DescribeRegions" && request.before < 2)
            .then(|| error(400, "Throttling.User").header("x-acs-retry-after", "1"))
    })
    .await;
    assert_eq!(server.provider().regions().await.unwrap(), [region()]);
    assert_eq!(server.calls_of("DescribeRegions").len(), 3);
}

#[test]
fn an_endpoint_must_be_one() {
    let config = |endpoint: &str| EcsConfig {
        name: "prod".to_owned(),
        regions: RegionChoice::All,
        endpoint: Some(endpoint.to_owned()),
        credentials: CredentialSource::Given(Credentials::new("id", "secret", None)),
        signature: SignatureVersion::V3,
        bootstrap: None,
        listings_serve_for: LISTINGS_SERVE_FOR,
    };
    let error = EcsProvider::connect(config("https://user:pass@host/path")).unwrap_err();
    assert!(matches!(error, ConnectError::Endpoint { .. }), "{error:?}");
    assert_eq!(error.to_string(), r#"provider "prod": the endpoint is not usable"#);
    assert!(!format!("{error:?}").contains("pass"), "{error:?}");
    let provider = EcsProvider::connect(config("127.0.0.1:1")).unwrap();
    assert_eq!(provider.name(), "prod");
    assert!(!format!("{provider:?}").contains("secret\""), "{provider:?}");
}
