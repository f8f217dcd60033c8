use super::*;
use crate::world::{Lab, WorldError};

#[test]
fn a_case_reads_back_as_it_was_written() {
    let lab = Lab::new().unwrap();
    for seed in 0..200 {
        let case = generate(seed, |clusters| {
            let world = lab.world(clusters)?;
            Ok::<_, WorldError>(world.resources.iter().map(|resource| resource.address.clone()).collect())
        })
        .unwrap();
        let text = serde_json::to_string(&case).unwrap();
        assert_eq!(serde_json::from_str::<Case>(&text).unwrap(), case);
    }
}

#[test]
fn a_key_that_is_not_known_is_refused() {
    let mut value = serde_json::to_value(quiet(1, 1, super::generate::test_climate())).unwrap();
    value["more"] = serde_json::Value::Null;
    assert!(serde_json::from_value::<Case>(value).is_err());
}
