//! The vendor's known answers: nine V3 vectors, and requests of its Python SDK captured on the wire.

use serde_json::Value;

use super::*;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/signing.json")).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is a string"))
}

fn headers(value: &Value) -> Vec<(String, String)> {
    let headers = value["headers"].as_object().unwrap();
    headers.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[test]
fn the_known_answers_of_v3_are_reproduced_step_by_step() {
    let vectors = vectors();
    let cases = vectors["v3"].as_array().unwrap();
    assert_eq!(cases.len(), 9);
    for case in cases {
        let name = text(case, "name");
        let mut request = RawRequest::new(
            text(case, "method"),
            text(case, "path"),
            "",
            headers(case),
            text(case, "body").as_bytes().to_vec(),
        )
        .unwrap();
        let query = case["query"].as_object().unwrap();
        request.query =
            query.iter().rev().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
        let authorization = Authorization::parse(text(case, "authorization")).unwrap();

        let canonical = canonical_request(&request, &authorization.signed_headers);
        assert_eq!(canonical, text(case, "canonical_request"), "{name}");
        assert_eq!(hex_sha256(canonical.as_bytes()), text(case, "hashed_canonical_request"), "{name}");
        let string = string_to_sign(&canonical);
        assert_eq!(string, text(case, "string_to_sign"), "{name}");
        assert_eq!(sign(text(case, "access_key_secret"), &string), text(case, "signature"), "{name}");
        assert_eq!(authorization.signature, text(case, "signature"), "{name}");
        assert_eq!(authorization.access_key_id, text(case, "access_key_id"), "{name}");
    }
}

#[test]
fn requests_captured_from_the_official_sdk_verify() {
    let vectors = vectors();
    let secret = text(&vectors["end_to_end"], "access_key_secret");
    let mut verified = 0;
    for case in vectors["end_to_end"]["requests"].as_array().unwrap() {
        let headers = headers(case);
        let Some((_, authorization)) = headers.iter().find(|(name, _)| name == "Authorization") else {
            continue; // the V1 request, which is signed in its query
        };
        let mut line = text(case, "request_line").split(' ');
        let (method, target) = (line.next().unwrap(), line.next().unwrap());
        let (path, query) = target.split_once('?').unwrap();
        let request =
            RawRequest::new(method, path, query, headers.clone(), text(case, "body").as_bytes().to_vec()).unwrap();
        let authorization = Authorization::parse(authorization).unwrap();
        let canonical = canonical_request(&request, &authorization.signed_headers);
        assert_eq!(sign(secret, &string_to_sign(&canonical)), authorization.signature, "{}", text(case, "name"));
        verified += 1;
    }
    assert_eq!(verified, 2);
}

#[test]
fn an_authorization_lacking_a_part_is_none() {
    assert!(Authorization::parse("ACS3-HMAC-SHA256 Credential=A,SignedHeaders=host,Signature=0").is_some());
    for broken in [
        "",
        "Bearer abc",
        "ACS3-HMAC-SHA256 SignedHeaders=host,Signature=0",
        "ACS3-HMAC-SHA256 Credential=A,Signature=0",
        "ACS3-HMAC-SHA256 Credential=A,SignedHeaders=host",
        "ACS3-HMAC-SHA256 Credential=,SignedHeaders=host,Signature=0",
    ] {
        assert_eq!(Authorization::parse(broken), None, "{broken}");
    }
}
