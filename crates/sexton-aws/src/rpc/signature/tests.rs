use std::time::{Duration, UNIX_EPOCH};

use super::*;

/// 2015-08-30T12:36:00Z, the time of the vendor's examples.
fn then() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}

fn credentials(token: Option<&str>) -> Credentials {
    Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token.map(str::to_owned), None, "test")
}

#[test]
fn a_query_call_is_signed_as_the_vendor_s_python_sdk_signs_it() {
    let request = Signable {
        service: "ec2",
        region: "eu-west-1",
        method: "POST",
        url: "http://127.0.0.1:8098/",
        content_type: "application/x-www-form-urlencoded; charset=utf-8",
        body: "Action=DeleteSnapshot&Version=2016-11-15&SnapshotId=snap-1",
    };
    let of = |token| {
        let signed = authorize(&request, &credentials(token), then()).unwrap();
        let mut names: Vec<String> = signed.headers.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        (signed.signature, names.join(" "))
    };
    assert_eq!(
        of(None),
        (
            "6a653e08685d3191ece2f42a36fac8b00f239f4411cf2a54dc6c2dc90f2100b0".to_owned(),
            "authorization x-amz-date".to_owned()
        )
    );
    let names = "authorization x-amz-date x-amz-security-token";
    assert_eq!(
        of(Some("the-token")),
        ("97a5d8ea7df39806b77f9d1c1754d99ad7f936d87a3ab3614833120d7b929f87".to_owned(), names.to_owned())
    );
}
