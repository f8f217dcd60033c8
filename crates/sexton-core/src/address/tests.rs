use super::*;

#[test]
fn an_id_may_hold_both_separators() {
    let address: Address = "aliyun-ecs:123:cn-hangzhou:share/m-1/4:5/6".parse().unwrap();
    assert_eq!(address.provider(), "aliyun-ecs");
    assert_eq!(address.account(), "123");
    assert_eq!(address.region(), "cn-hangzhou");
    assert_eq!(address.kind(), "share");
    assert_eq!(address.id(), "m-1/4:5/6");
    assert_eq!(address.scope(), "aliyun-ecs:123:cn-hangzhou");
}

#[test]
fn no_part_is_empty() {
    for (text, part) in [
        (":a:r:k/i", "provider"),
        ("p::r:k/i", "account"),
        ("p:a::k/i", "region"),
        ("p:a:r:/i", "kind"),
        ("p:a:r:k/", "id"),
    ] {
        assert_eq!(text.parse::<Address>(), Err(NameError::Empty { part }), "{text}");
    }
    for text in ["", "p", "p:a:r", "p:a:r:k"] {
        assert!(matches!(text.parse::<Address>(), Err(NameError::NotAnAddress { .. })), "{text}");
    }
}

#[test]
fn addresses_order_by_their_bytes() {
    let mut addresses: Vec<Address> = ["p:a:r:k/i", "p:a-b:r:k/i"].iter().map(|text| text.parse().unwrap()).collect();
    addresses.sort();
    assert_eq!(addresses[0].as_str(), "p:a-b:r:k/i");
}

#[test]
fn names_refuse_what_would_move_a_split() {
    assert!(matches!(Account::new("a:b"), Err(NameError::Separator { character: ':', .. })));
    assert!(matches!(Kind::new("a/b"), Err(NameError::Separator { character: '/', .. })));
    assert_eq!(Region::new(""), Err(NameError::Empty { part: "region" }));
}
