//! The vendor's known answers: nine V3 vectors, five V1 vectors, and requests of its Python SDK captured on the wire.

use std::collections::BTreeMap;

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
            continue; // signed in its query, by V1
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
fn the_known_answers_of_v1_are_reproduced() {
    let vectors = vectors();
    let cases = vectors["v1"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let name = text(case, "name");
        let parameters: BTreeMap<String, String> = case["params"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .chain([("Signature".to_owned(), "is not signed".to_owned())])
            .collect();
        let string = v1::string_to_sign(text(case, "method"), &parameters);
        assert_eq!(string, text(case, "string_to_sign"), "{name}");
        assert_eq!(v1::sign(text(case, "access_key_secret"), &string), text(case, "signature"), "{name}");
    }
}

#[test]
fn a_v1_request_captured_from_the_official_sdk_verifies() {
    let vectors = vectors();
    let secret = text(&vectors["end_to_end"], "access_key_secret");
    let captured: Vec<&Value> = vectors["end_to_end"]["requests"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["headers"]["Authorization"].is_null())
        .collect();
    assert_eq!(captured.len(), 1);
    let mut line = text(captured[0], "request_line").split(' ');
    let (method, target) = (line.next().unwrap(), line.next().unwrap());
    let (path, query) = target.split_once('?').unwrap();
    let body = text(captured[0], "body").as_bytes().to_vec();
    let request = RawRequest::new(method, path, query, headers(captured[0]), body).unwrap();
    let parameters = request.parameters().unwrap();
    assert_eq!(parameters["Signature"], "xWq6i23x0sEfoy0bYIe05hg6QHI=");
    assert_eq!(v1::sign(secret, &v1::string_to_sign(method, &parameters)), parameters["Signature"]);
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
