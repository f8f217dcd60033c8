use serde_json::Value;

use super::*;

/// Known-answer vectors of the vendor's SDK and its documentation; the file names the source of each.
#[test]
fn every_vector_is_reproduced() {
    let vectors: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 10);
    for vector in vectors {
        let text = |key: &str| vector[key].as_str().unwrap();
        let request = Signable {
            content_type: text("content_type"),
            host: text("host"),
            body: text("body").as_bytes(),
            timestamp: vector["timestamp"].as_i64().unwrap(),
        };
        let name = text("name");
        assert_eq!(canonical_request(&request), text("canonical_request"), "{name}");
        assert_eq!(string_to_sign(&request), text("string_to_sign"), "{name}");
        let authorization = authorize(&request, text("access_key_id"), text("access_key_password"));
        assert_eq!(authorization.signature, text("signature"), "{name}");
        assert_eq!(authorization.header, text("authorization"), "{name}");
    }
}

#[test]
fn whatever_is_signed_changes_the_signature() {
    let sign = |content_type, host, body: &str, timestamp, password| {
        let request = Signable { content_type, host, body: body.as_bytes(), timestamp };
        authorize(&request, "id", password).signature
    };
    let one = sign("a", "h", "{}", 1, "p");
    assert_eq!(one, sign("a", "h", "{}", 1, "p"));
    for other in [
        sign("b", "h", "{}", 1, "p"),
        sign("a", "i", "{}", 1, "p"),
        sign("a", "h", "{ }", 1, "p"),
        sign("a", "h", "{}", 2, "p"),
        sign("a", "h", "{}", 1, "q"),
    ] {
        assert_ne!(one, other);
    }
}
