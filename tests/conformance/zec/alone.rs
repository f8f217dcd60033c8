//! A reason that ZEC tells of one alone.

use serde_json::json;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_provider::{Answer, Provider as _, RefusalClass, RemovalCall, RemovalTarget};
use sexton_testkit::conformance::{Keys, Subject as _};

use super::Zec;

#[tokio::test]
async fn what_is_refused_among_several_without_a_reason_is_refused_with_the_one_that_it_has_alone() {
    let zec = Zec::new();
    let mut world: Vec<Resource> =
        (1..=3).map(|number| zec.specimen("snapshot", number, None).unwrap().resource).collect();
    let Fact::Known(attributes) = &mut world[1].attributes else { panic!("known") };
    attributes.insert("emulator_refuse".to_owned(), json!(["OPERATION_DENIED_FOR_A_REASON"]));
    let target = |resource: &Resource| RemovalTarget {
        address: resource.address.clone(),
        force: Vec::new(),
        seen: Some(resource.clone().into()),
    };
    let targets = world.iter().map(target).collect();
    let call = RemovalCall { operation: "DeleteSnapshots".to_owned(), targets, options: Default::default() };
    let stage = zec.stage(world, &[], Keys::Right).await;
    let answers = stage.provider().remove(&call).await;
    let [Answer::Accepted { .. }, Answer::Refused(refusal), Answer::Accepted { .. }] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!((refusal.code.as_str(), refusal.class), ("OPERATION_DENIED_FOR_A_REASON", RefusalClass::Blocked));
    let calls = stage.calls().await.unwrap();
    assert_eq!(calls.iter().filter(|call| call.operation == "DeleteSnapshots").count(), 2);
}
