//! Every way in which a request is refused before its operation is looked at.

use super::*;

const NOW: &str = "2026-01-02T03:04:05Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A request that is right in every way until a test breaks it, and is signed at the end.
struct Draft {
    headers: BTreeMap<String, String>,
    signed: Option<Vec<&'static str>>,
    secret: &'static str,
    body: Vec<u8>,
}

impl Draft {
    fn new() -> Self {
        let headers = [
            ("host", "127.0.0.1:1"),
            ("x-acs-action", "DescribeRegions"),
            ("x-acs-version", "2014-05-26"),
            ("x-acs-date", NOW),
            ("x-acs-signature-nonce", "n-1"),
            ("x-acs-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ];
        Self {
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            signed: None,
            secret: "secret",
            body: Vec::new(),
        }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    fn sign(self, key: &str) -> RawRequest {
        let signed: Vec<String> = match self.signed {
            Some(names) => names.into_iter().map(str::to_owned).collect(),
            None => self.headers.keys().cloned().collect(),
        };
        let mut request = RawRequest::new("POST", "/", "A=1", self.headers, self.body).unwrap();
        let string = signature::string_to_sign(&signature::canonical_request(&request, &signed));
        let signature = signature::sign(self.secret, &string);
        request.headers.insert(
            "authorization".to_owned(),
            format!("ACS3-HMAC-SHA256 Credential={key},SignedHeaders={},Signature={signature}", signed.join(";")),
        );
        request
    }
}

fn gate() -> Gate {
    let temporary = Credential { security_token: Some("token".to_owned()), ..Credential::new("TEMP", "secret") };
    Gate::new([Credential::new("KEY", "secret"), temporary])
}

fn refusal(request: &RawRequest) -> (u16, String) {
    let error = gate().admit(request, now()).unwrap_err();
    (error.status, error.code.into_owned())
}

#[test]
fn a_right_request_is_admitted() {
    assert_eq!(gate().admit(&Draft::new().sign("KEY"), now()).unwrap().access_key_id, "KEY");
}

#[test]
fn every_missing_piece_is_refused() {
    let mut bare = Draft::new().sign("KEY");
    bare.headers.remove("authorization");
    assert_eq!(refusal(&bare), (400, "IncompleteSignature".to_owned()));
    for name in REQUIRED_HEADERS {
        assert_eq!(refusal(&Draft::new().without(name).sign("KEY")), (400, "MissingParameter".to_owned()), "{name}");
    }
}

#[test]
fn host_and_every_x_acs_header_must_be_signed() {
    let all = ["host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce", "x-acs-version"];
    for left_out in all {
        let mut draft = Draft::new();
        draft.signed = Some(all.into_iter().filter(|name| *name != left_out).collect());
        assert_eq!(refusal(&draft.sign("KEY")), (400, "IncompleteSignature".to_owned()), "{left_out}");
    }
    let mut draft = Draft::new().header("x-acs-extra", "1");
    draft.signed = Some(all.to_vec());
    assert_eq!(refusal(&draft.sign("KEY")), (400, "IncompleteSignature".to_owned()));
}

#[test]
fn unknown_keys_and_wrong_signatures_are_told_apart() {
    assert_eq!(refusal(&Draft::new().sign("OTHER")), (400, "InvalidAccessKeyId.NotFound".to_owned()));
    let mut draft = Draft::new();
    draft.secret = "wrong";
    let error = gate().admit(&draft.sign("KEY"), now()).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (400, "SignatureDoesNotMatch"));
    assert!(error.message.contains("ACS3-HMAC-SHA256\n"), "the string to sign is echoed: {}", error.message);
}

#[test]
fn an_altered_query_or_body_does_not_match() {
    let mut request = Draft::new().sign("KEY");
    request.query[0].1 = "2".to_owned();
    assert_eq!(refusal(&request).1, "SignatureDoesNotMatch");
    let mut request = Draft::new().sign("KEY");
    request.body = b"B=1".to_vec();
    assert_eq!(refusal(&request).1, "SignatureDoesNotMatch");
    let mut wrong_hash = Draft::new();
    wrong_hash.body = b"B=1".to_vec();
    assert_eq!(refusal(&wrong_hash.sign("KEY")).1, "SignatureDoesNotMatch");
}

#[test]
fn the_date_may_be_fifteen_minutes_off() {
    for (date, admitted) in [
        ("2026-01-02T02:49:05Z", true),
        ("2026-01-02T02:49:04Z", false),
        ("2026-01-02T03:19:05Z", true),
        ("2026-01-02T03:19:06Z", false),
    ] {
        let result = gate().admit(&Draft::new().header("x-acs-date", date).sign("KEY"), now());
        match result {
            Ok(_) => assert!(admitted, "{date}"),
            Err(error) => {
                assert!(!admitted, "{date}");
                assert_eq!((error.status, error.code.as_ref()), (400, "InvalidTimeStamp.Expired"));
            }
        }
    }
    assert_eq!(refusal(&Draft::new().header("x-acs-date", "today").sign("KEY")).1, "IllegalTimestamp");
}

#[test]
fn a_nonce_is_used_once_and_only_by_a_right_signature() {
    let mut gate = gate();
    let mut wrong = Draft::new();
    wrong.secret = "wrong";
    assert_eq!(gate.admit(&wrong.sign("KEY"), now()).unwrap_err().code, "SignatureDoesNotMatch");
    gate.admit(&Draft::new().sign("KEY"), now()).unwrap();
    let error = gate.admit(&Draft::new().sign("KEY"), now()).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (400, "SignatureNonceUsed"));
    gate.admit(&Draft::new().header("x-acs-signature-nonce", "n-2").sign("KEY"), now()).unwrap();
}

#[test]
fn nonces_are_forgotten_only_when_their_requests_are_too_old() {
    let mut gate = gate();
    gate.admit(&Draft::new().sign("KEY"), now()).unwrap();
    let later = now() + SignedDuration::from_mins(31);
    let request = Draft::new().header("x-acs-date", &later.to_string()).header("x-acs-signature-nonce", "n-2");
    gate.admit(&request.sign("KEY"), later).unwrap();
    assert_eq!(gate.nonces.len(), 1);
    assert_eq!(gate.forget_at.len(), 1);
}

#[test]
fn temporary_keys_need_their_token() {
    let with = |token: &str| Draft::new().header("x-acs-security-token", token).sign("TEMP");
    gate().admit(&with("token"), now()).unwrap();
    assert_eq!(refusal(&with("other")).1, "InvalidSecurityToken.MismatchWithAccessKey");
    assert_eq!(refusal(&Draft::new().sign("TEMP")).1, "MissingSecurityToken");
    let unwanted = Draft::new().header("x-acs-security-token", "token").sign("KEY");
    assert_eq!(refusal(&unwanted).1, "InvalidSecurityToken.MismatchWithAccessKey");
}

/// A V1 request that is right in every way until a test breaks it, and is signed at the end.
struct OlderDraft {
    method: &'static str,
    parameters: BTreeMap<String, String>,
    form: &'static str,
    secret: &'static str,
}

impl OlderDraft {
    fn new() -> Self {
        let parameters = [
            ("Action", "DescribeRegions"),
            ("Version", "2014-05-26"),
            ("AccessKeyId", "KEY"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureVersion", "1.0"),
            ("SignatureNonce", "n-1"),
            ("Timestamp", NOW),
        ];
        Self {
            method: "GET",
            parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            form: "",
            secret: "secret",
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.parameters.insert(name.to_owned(), value.to_owned());
        self
    }

    fn request(&self, signature: Option<String>) -> RawRequest {
        let pairs: Vec<String> = self
            .parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .chain(signature.map(|signature| ("Signature", signature)))
            .map(|(name, value)| format!("{name}={}", crate::percent::encode(&value)))
            .collect();
        let kind = ("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned());
        RawRequest::new(self.method, "/", &pairs.join("&"), [kind], self.form.as_bytes().to_vec()).unwrap()
    }

    fn sign(self) -> RawRequest {
        let parameters = self.request(None).parameters().unwrap();
        let signature = v1::sign(self.secret, &v1::string_to_sign(self.method, &parameters));
        self.request(Some(signature))
    }
}

#[test]
fn a_right_v1_request_is_admitted_by_query_and_form() {
    assert_eq!(gate().admit(&OlderDraft::new().sign(), now()).unwrap().access_key_id, "KEY");
    let draft = OlderDraft { method: "POST", form: "SnapshotId=s-1+*", ..OlderDraft::new() };
    gate().admit(&draft.sign(), now()).unwrap();
    let mut altered = OlderDraft { method: "POST", form: "SnapshotId=s-1", ..OlderDraft::new() }.sign();
    altered.body = b"SnapshotId=s-2".to_vec();
    assert_eq!(refusal(&altered).1, "SignatureDoesNotMatch");
}

#[test]
fn every_missing_parameter_of_a_v1_signature_is_refused() {
    for name in REQUIRED_PARAMETERS {
        let mut request = OlderDraft::new().sign();
        request.query.retain(|(given, _)| given != name);
        assert_eq!(refusal(&request), (400, "MissingParameter".to_owned()), "{name}");
    }
    for (name, value) in [("SignatureVersion", "2.0"), ("SignatureMethod", "HMAC-SHA256")] {
        assert_eq!(refusal(&OlderDraft::new().with(name, value).sign()).1, "IncompleteSignature", "{name}");
    }
}

#[test]
fn a_v1_request_is_refused_for_its_key_its_signature_its_time_and_its_token() {
    let unknown = OlderDraft::new().with("AccessKeyId", "OTHER").sign();
    assert_eq!(refusal(&unknown), (400, "InvalidAccessKeyId.NotFound".to_owned()));

    let wrong = OlderDraft { secret: "wrong", ..OlderDraft::new() }.sign();
    let error = gate().admit(&wrong, now()).unwrap_err();
    assert_eq!((error.status, error.code.as_ref()), (400, "SignatureDoesNotMatch"));
    assert!(error.message.contains("GET&%2F&AccessKeyId%3DKEY"), "the string to sign is echoed: {}", error.message);
    let mut posted = OlderDraft::new().sign();
    posted.method = "POST".to_owned();
    assert_eq!(refusal(&posted).1, "SignatureDoesNotMatch", "the method is signed");

    for (time, code) in [
        ("2026-01-02T02:49:04Z", "InvalidTimeStamp.Expired"),
        ("2026-01-02T03:19:06Z", "InvalidTimeStamp.Expired"),
        ("today", "IllegalTimestamp"),
    ] {
        assert_eq!(refusal(&OlderDraft::new().with("Timestamp", time).sign()).1, code, "{time}");
    }
    gate().admit(&OlderDraft::new().with("Timestamp", "2026-01-02T02:49:05Z").sign(), now()).unwrap();

    let temporary = || OlderDraft::new().with("AccessKeyId", "TEMP");
    gate().admit(&temporary().with("SecurityToken", "token").sign(), now()).unwrap();
    assert_eq!(refusal(&temporary().sign()).1, "MissingSecurityToken");
    let other = temporary().with("SecurityToken", "other").sign();
    assert_eq!(refusal(&other).1, "InvalidSecurityToken.MismatchWithAccessKey");
}

#[test]
fn a_nonce_is_used_once_by_requests_of_both_versions() {
    let mut gate = gate();
    gate.admit(&OlderDraft::new().sign(), now()).unwrap();
    assert_eq!(gate.admit(&OlderDraft::new().sign(), now()).unwrap_err().code, "SignatureNonceUsed");
    assert_eq!(gate.admit(&Draft::new().sign("KEY"), now()).unwrap_err().code, "SignatureNonceUsed");
    gate.admit(&OlderDraft::new().with("SignatureNonce", "n-2").sign(), now()).unwrap();
}
