use serde_json::Value;

use super::*;

/// Known-answer vectors from the vendor's own signing functions and documentation; the file names the source of each.
fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn pairs(query: &Value) -> Vec<(String, String)> {
    let query = query.as_object().unwrap();
    query.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_v3_vector_is_reproduced() {
    let vectors = vectors();
    let vectors = vectors["v3"].as_array().unwrap();
    assert_eq!(vectors.len(), 9);
    for vector in vectors {
        let name = &vector["name"];
        let text = |key: &str| vector[key].as_str().unwrap();
        let query = pairs(&vector["query"]);
        let headers: BTreeMap<&str, String> = vector["headers"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap().to_owned()))
            .collect();
        let request =
            Signable { method: text("method"), query: &query, headers: &headers, body: text("body").as_bytes() };
        assert_eq!(canonical_query(&query), text("canonical_query"), "{name}");
        assert_eq!(canonical_request(&request), text("canonical_request"), "{name}");
        assert_eq!(body_hash(canonical_request(&request).as_bytes()), text("hashed_canonical_request"), "{name}");
        assert_eq!(string_to_sign(&canonical_request(&request)), text("string_to_sign"), "{name}");
        let authorization = authorize(&request, text("access_key_id"), text("access_key_secret"));
        assert_eq!(authorization.header, text("authorization"), "{name}");
        assert_eq!(authorization.signature, text("signature"), "{name}");
    }
}

/// What the vendor's SDK put on the wire, decoded as a server would decode it.
#[test]
fn every_captured_v3_request_is_reproduced() {
    let vectors = vectors();
    let captured = &vectors["end_to_end"];
    let mut reproduced = 0;
    for request in captured["requests"].as_array().unwrap() {
        let name = request["name"].as_str().unwrap();
        let headers = request["headers"].as_object().unwrap();
        let Some(expected) = headers.get("Authorization") else {
            assert!(name.contains("V1"), "{name} has no Authorization");
            continue;
        };
        let expected = expected.as_str().unwrap();
        let signed = expected.split_once("SignedHeaders=").unwrap().1.split(',').next().unwrap();
        let signed: BTreeMap<&str, String> =
            signed.split(';').map(|name| (name, headers[name].as_str().unwrap().to_owned())).collect();
        let line: Vec<&str> = request["request_line"].as_str().unwrap().split(' ').collect();
        let url = reqwest::Url::parse(&format!("http://localhost{}", line[1])).unwrap();
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let request = Signable { method: line[0], query: &query, headers: &signed, body: b"" };
        let authorization = authorize(
            &request,
            captured["access_key_id"].as_str().unwrap(),
            captured["access_key_secret"].as_str().unwrap(),
        );
        assert_eq!(authorization.header, expected, "{name}");
        reproduced += 1;
    }
    assert_eq!(reproduced, 2);
}

#[test]
fn every_v1_vector_is_reproduced() {
    let vectors = vectors();
    let vectors = vectors["v1"].as_array().unwrap();
    assert_eq!(vectors.len(), 5);
    for vector in vectors {
        let name = &vector["name"];
        let text = |key: &str| vector[key].as_str().unwrap();
        let parameters = pairs(&vector["params"]);
        assert_eq!(v1::string_to_sign(text("method"), &parameters), text("string_to_sign"), "{name}");
        assert_eq!(v1::sign(text("method"), &parameters, text("access_key_secret")), text("signature"), "{name}");
    }
}

#[test]
fn the_captured_v1_request_is_reproduced() {
    let vectors = vectors();
    let captured = &vectors["end_to_end"];
    let requests = captured["requests"].as_array().unwrap();
    let request = requests.iter().find(|request| request["headers"].get("Authorization").is_none()).unwrap();
    let line: Vec<&str> = request["request_line"].as_str().unwrap().split(' ').collect();
    let url = reqwest::Url::parse(&format!("http://localhost{}", line[1])).unwrap();
    let (signature, parameters): (Vec<_>, Vec<_>) =
        url.query_pairs().into_owned().partition(|(name, _)| name == "Signature");
    assert_eq!(signature[0].1, "xWq6i23x0sEfoy0bYIe05hg6QHI=");
    assert_eq!(v1::sign(line[0], &parameters, captured["access_key_secret"].as_str().unwrap()), signature[0].1);
}

#[test]
fn an_empty_value_keeps_its_equals_sign_and_no_query_is_an_empty_line() {
    assert_eq!(canonical_query(&[("B".to_owned(), String::new()), ("A".to_owned(), "*".to_owned())]), "A=%2A&B=");
    assert_eq!(canonical_query(&[]), "");
}
