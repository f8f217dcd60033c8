use std::time::Duration;

use jiff::SignedDuration;
use sexton_http::Secret;
use sexton_provider::Effect;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;
use crate::credential::{Expected, FirstVersion, Role};
use crate::rpc::{Call, RpcClient, Service};

const PURPOSE_OF_A_REMOVAL: Purpose = Purpose::Change;

/// Answers one request after the other, and gives back what was asked.
fn server(listener: TcpListener, answers: Vec<(u16, String)>) -> JoinHandle<Vec<String>> {
    tokio::spawn(async move {
        let mut asked = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8_lossy(&request).to_ascii_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let mut form = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut form).await.unwrap();
            request.extend(form);
            asked.push(String::from_utf8(request).unwrap());
            let answer =
                format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    })
}

async fn listening() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    (listener, endpoint)
}

fn wire() -> Wire {
    let nobody = Origin::Fixed(Credentials::new("x", "y", None));
    RpcClient::new(nobody, Some(&Endpoint::parse("http://127.0.0.1:1").unwrap())).unwrap().into_wire()
}

fn role() -> Role {
    Role {
        arn: "acs:ram::1:role/collector".to_owned(),
        session_name: "nightly".to_owned(),
        duration: 900,
        policy: None,
        external_id: Some("ext-1".to_owned()),
        sts_region: None,
    }
}

/// An answer with credentials that last that long.
fn assumed(id: &str, lasting: Duration) -> String {
    let expires = Timestamp::now().checked_add(SignedDuration::try_from(lasting).unwrap()).unwrap();
    format!(
        r#"{{"RequestId":"r","Credentials":{{"AccessKeyId":"{id}","AccessKeySecret":"{id}-secret","SecurityToken":"{id}-token","Expiration":"{}"}}}}"#,
        expires.strftime("%Y-%m-%dT%H:%M:%SZ")
    )
}

fn by_key() -> Box<Origin> {
    Box::new(Origin::Fixed(Credentials::new("base-id", "base-secret", None)))
}

const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_role_is_assumed_once_and_its_credentials_serve_until_they_are_due() {
    let (listener, sts) = listening().await;
    let asked = server(listener, vec![(200, assumed("one", HOUR))]);
    let keyring = Keyring::new(Origin::Role { by: by_key(), role: role() }, Some(sts));
    let wire = wire();
    let (first, second) = tokio::join!(
        keyring.credentials(&wire, "DescribeImages", Purpose::Read),
        keyring.credentials(&wire, "DescribeDisks", Purpose::Read),
    );
    assert_eq!((first.unwrap().access_key_id, second.unwrap().access_key_id), ("one".into(), "one".into()));
    assert_eq!(keyring.generation(), 0);
    let of_removal = keyring.credentials(&wire, "DeleteImage", PURPOSE_OF_A_REMOVAL).await.unwrap();
    assert_eq!(of_removal.security_token.unwrap().reveal(), "one-token");
    let asked = asked.await.unwrap();
    let [request] = asked.as_slice() else { panic!("{asked:?}") };
    for part in ["x-acs-action: AssumeRole\r\n", "RoleSessionName=nightly", "ExternalId=ext-1", "DurationSeconds=900"] {
        assert!(request.contains(part), "{part}: {request}");
    }
    assert!(request.contains("Credential=base-id"), "{request}");
}

#[tokio::test]
async fn a_removal_is_never_the_first_to_use_refreshed_credentials() {
    let (listener, sts) = listening().await;
    // The first last for a second: they are due after three quarters of it.
    let answers = vec![(200, assumed("one", Duration::from_secs(2))), (200, assumed("two", HOUR))];
    let asked = server(listener, answers);
    let keyring = Keyring::new(Origin::Role { by: by_key(), role: role() }, Some(sts));
    let wire = wire();
    let refused = |answer: Result<Credentials, CallError>| {
        let error = answer.unwrap_err();
        assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::None));
        error.message
    };
    let early = refused(keyring.credentials(&wire, "DeleteImage", PURPOSE_OF_A_REMOVAL).await);
    assert!(early.contains("nobody asked who the caller is"), "{early}");
    keyring.credentials(&wire, "GetCallerIdentity", Purpose::Read).await.unwrap();
    assert_eq!(keyring.generation(), 0);
    keyring.credentials(&wire, "DeleteImage", PURPOSE_OF_A_REMOVAL).await.unwrap();

    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let expired = refused(keyring.credentials(&wire, "DeleteImage", PURPOSE_OF_A_REMOVAL).await);
    assert!(expired.contains("have expired"), "{expired}");
    // New ones are there now, of another number; the run was not given it yet.
    assert_eq!(keyring.credentials(&wire, "DescribeImages", Purpose::Read).await.unwrap().access_key_id, "two");
    let refreshed = refused(keyring.credentials(&wire, "DeleteImage", PURPOSE_OF_A_REMOVAL).await);
    assert!(refreshed.contains("were refreshed"), "{refreshed}");
    assert_eq!(keyring.generation(), 1);
    let now = keyring.credentials(&wire, "DeleteImage", PURPOSE_OF_A_REMOVAL).await.unwrap();
    assert_eq!(now.access_key_id, "two");
    assert_eq!(asked.await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_token_file_is_read_anew_and_its_token_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "the-oidc-token\n").unwrap();
    let (listener, sts) = listening().await;
    let echo = r#"{"Code":"AuthenticationFail.OIDCToken.Invalid","Message":"bad the-oidc-token","RequestId":"r"}"#;
    let asked = server(listener, vec![(400, echo.to_owned()), (200, assumed("one", HOUR))]);
    let origin = Origin::Oidc { role: role(), provider_arn: "p".to_owned(), token_file };
    let keyring = Keyring::new(origin, Some(sts));
    let wire = wire();
    let error = keyring.credentials(&wire, "DescribeImages", Purpose::Read).await.unwrap_err();
    assert!(!error.to_string().contains("the-oidc-token"), "{error}");
    // A failure is not kept: the next call asks again.
    let credentials = keyring.credentials(&wire, "DescribeImages", Purpose::Read).await.unwrap();
    assert_eq!(credentials.access_key_id, "one");
    let asked = asked.await.unwrap();
    assert!(
        asked[1].contains("Action=AssumeRoleWithOIDC") && asked[1].contains("OIDCToken=the-oidc-token"),
        "{asked:?}"
    );
    assert!(!asked[1].contains("authorization"), "{asked:?}");
}

#[tokio::test]
async fn an_instance_s_role_is_asked_for_with_a_token_and_without_where_there_is_none() {
    let metadata = |id: &str| {
        let fields = assumed(id, HOUR);
        let credentials = fields.split("\"Credentials\":{").nth(1).unwrap().trim_end_matches('}').to_owned();
        format!("{{\"Code\":\"Success\",{credentials}}}")
    };
    let instance = |first_version| Origin::Instance { role_name: None, first_version, expected: Expected::Perhaps };
    let ask = async |first_version, answers: Vec<(u16, String)>| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = reqwest::Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let asked = server(listener, answers);
        let keyring = Keyring::new(instance(first_version), None).with_metadata(url);
        let answer = keyring.credentials(&wire(), "DescribeImages", Purpose::Read).await;
        (answer, asked)
    };
    let role = || (200, "collector\n".to_owned());
    let (answer, asked) =
        ask(FirstVersion::Disabled, vec![(200, "tok".to_owned()), role(), (200, metadata("one"))]).await;
    assert_eq!(answer.unwrap().access_key_id, "one");
    let asked = asked.await.unwrap();
    assert!(asked[0].starts_with("PUT /latest/api/token"), "{asked:?}");
    assert!(asked[2].starts_with("GET /latest/meta-data/ram/security-credentials/collector "), "{asked:?}");
    assert!(asked[1].contains("x-aliyun-ecs-metadata-token: tok"), "{asked:?}");

    let (answer, asked) = ask(FirstVersion::Allowed, vec![(404, String::new()), role(), (200, metadata("two"))]).await;
    assert_eq!(answer.unwrap().access_key_id, "two");
    assert!(!asked.await.unwrap()[1].contains("metadata-token"));

    let (answer, _) = ask(FirstVersion::Disabled, vec![(404, String::new())]).await;
    let error = answer.unwrap_err();
    assert!(error.message.starts_with("no credentials: ") && error.class == ErrorClass::Auth, "{error}");
}

#[tokio::test]
async fn a_command_prints_credentials_and_what_it_prints_is_never_shown() {
    let ask = async |line: &str| {
        let keyring = Keyring::new(Origin::Command(Secret::new(line)), None);
        keyring.credentials(&wire(), "DescribeImages", Purpose::Read).await
    };
    let json =
        r#"{"mode":"StsToken","access_key_id":"cmd-id","access_key_secret":"cmd-secret","sts_token":"cmd-token"}"#;
    let credentials = ask(&format!("printf %s '{json}'")).await.unwrap();
    assert_eq!(credentials.access_key_id, "cmd-id");
    for (line, says) in [
        ("printf %s 'the-secret is not JSON'", "did not print credentials"),
        (r#"printf %s '{"mode":"StsToken","access_key_id":"a","access_key_secret":"the-secret"}'"#, "no sts_token"),
        (r#"printf %s '{"access_key_id":"the-secret"}'"#, "no access_key_secret"),
        ("false --secret the-secret", "ended with"),
        ("no-such-program-anywhere the-secret", "cannot be run"),
        ("'unclosed the-secret", "cannot be split"),
    ] {
        let error = ask(line).await.unwrap_err();
        assert!(error.message.contains(says), "{line}: {error}");
        assert!(!error.to_string().contains("the-secret"), "{error}");
        assert_eq!(error.class, ErrorClass::Auth);
    }
}

#[tokio::test]
async fn a_role_that_is_denied_is_a_failure_of_the_credentials() {
    let (listener, sts) = listening().await;
    let denied = r#"{"Code":"NoPermission","Message":"You are not authorized to do this action.","RequestId":"r"}"#;
    let _asked = server(listener, vec![(403, denied.to_owned())]);
    let client = RpcClient::new(Origin::Role { by: by_key(), role: role() }, Some(&sts)).unwrap();
    let call = Call {
        service: Service::Ecs,
        endpoint: sts,
        operation: "DescribeImages",
        parameters: Vec::new(),
        purpose: Purpose::Read,
    };
    let error = client.call(&call).await.unwrap_err();
    assert_eq!((error.class, error.operation.as_str()), (ErrorClass::Auth, "AssumeRole"));
}
