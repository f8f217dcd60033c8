//! What a server may do to a client.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sexton_emulator::{Faults, StartError};

use crate::client::Client;
use crate::scene::{snapshot, start, world};

const DELETE: (&str, [(&str, &str); 1]) = ("DeleteSnapshot", [("SnapshotId", "s-1")]);

fn fault(answer: &str) -> String {
    format!("[[fault]]\noperation = \"DeleteSnapshot\"\nwhen = {{ calls = [1] }}\nanswer = {answer}")
}

async fn exists(client: &Client) -> bool {
    !client.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").is_empty()
}

async fn records(client: &Client) -> Vec<Value> {
    client.get("/_emulator/calls").await.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn throttling_has_no_effect_and_may_say_when_to_come_back() {
    for (answer, hint) in [("{ throttle = { retry_after_ms = 300 } }", Some("300")), ("{ throttle = {} }", None)] {
        let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault(answer)).await;
        let first = client.call(DELETE.0, &DELETE.1).await;
        assert_eq!(first.outcome(), (400, "Throttling.User".to_owned()));
        assert_eq!(first.headers.get("x-acs-retry-after").map(String::as_str), hint);
        assert!(exists(&client).await);
        assert_eq!(client.outcome(DELETE.0, &DELETE.1).await, (200, "OK".to_owned()));
    }
}

#[tokio::test]
async fn errors_come_with_and_without_effect() {
    for (answer, status, code, is_done) in [
        ("{ error = {} }", 500, "InternalError", false),
        ("{ error = { after_effect = true } }", 500, "InternalError", true),
        ("{ error = { status = 503, code = \"ServiceUnavailable\" } }", 503, "ServiceUnavailable", false),
    ] {
        let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault(answer)).await;
        assert_eq!(client.outcome(DELETE.0, &DELETE.1).await, (status, code.to_owned()));
        assert_eq!(exists(&client).await, !is_done, "{answer}");
        let record = records(&client).await.remove(0);
        assert_eq!(
            (&record["status"], &record["code"], &record["fault"]),
            (&json!(status), &json!(code), &json!("error"))
        );
    }
}

#[tokio::test]
async fn connections_are_dropped_with_and_without_effect() {
    for (answer, name, is_done) in [
        ("{ drop = {} }", "drop", false),
        ("{ drop = { after_effect = true } }", "drop", true),
        ("{ hang = { ms = 50, after_effect = true } }", "hang", true),
        ("{ hang = { ms = 50 } }", "hang", false),
    ] {
        let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault(answer)).await;
        let began = Instant::now();
        assert!(client.try_call(DELETE.0, &DELETE.1).await.is_err(), "{answer}");
        assert_eq!(name == "hang", began.elapsed() >= Duration::from_millis(50), "{answer}");
        assert_eq!(exists(&client).await, !is_done, "{answer}");
        let record = records(&client).await.remove(0);
        assert_eq!((&record["status"], &record["fault"]), (&Value::Null, &json!(name)), "{answer}");
    }
}

#[tokio::test]
async fn bodies_may_be_cut_or_no_json_at_all() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault("{ truncate = {} }")).await;
    let response = client.call(DELETE.0, &DELETE.1).await;
    assert_eq!(response.status, 200);
    assert!(serde_json::from_slice::<Value>(&response.body).is_err());
    assert!(!exists(&client).await, "the work was done");

    let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault("{ bad_gateway = {} }")).await;
    let response = client.call(DELETE.0, &DELETE.1).await;
    assert_eq!((response.status, response.headers["content-type"].as_str()), (502, "text/html"));
    assert!(exists(&client).await);
}

#[tokio::test]
async fn bodies_may_be_bytes_a_page_or_far_too_long() {
    for (answer, is_json) in [("garble", false), ("html", false), ("gigantic", true)] {
        let settings =
            if answer == "gigantic" { "{ gigantic = { mib = 2 } }" } else { &format!("{{ {answer} = {{}} }}") };
        let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault(settings)).await;
        let response = client.call(DELETE.0, &DELETE.1).await;
        assert_eq!(response.status, 200, "{answer}");
        assert_eq!(serde_json::from_slice::<Value>(&response.body).is_ok(), is_json, "{answer}");
        assert_eq!(response.body.len() > 2 << 20, is_json, "{answer}");
        assert!(!exists(&client).await, "the work was done");
    }
}

#[tokio::test]
async fn a_body_may_come_a_byte_at_a_time() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({}))], &fault("{ drip = { ms = 2 } }")).await;
    let began = Instant::now();
    let response = client.call(DELETE.0, &DELETE.1).await;
    assert_eq!(response.status, 200);
    assert!(began.elapsed() >= Duration::from_millis(2 * u64::try_from(response.json().to_string().len()).unwrap()));
}

#[tokio::test]
async fn a_quota_holds_for_its_calls_only() {
    let quota = "[[quota]]\noperation = \"Delete*\"\ncalls = 2\nper_ms = 600000\nretry_after = true";
    let (_emulator, client) = start(&[], quota).await;
    for _ in 0..2 {
        assert_eq!(client.outcome(DELETE.0, &DELETE.1).await.0, 404);
    }
    let throttled = client.call(DELETE.0, &DELETE.1).await;
    assert_eq!(throttled.outcome(), (400, "Throttling.User".to_owned()));
    assert!(throttled.headers["x-acs-retry-after"].parse::<u64>().unwrap() <= 600_000);
    assert_eq!(client.outcome("DescribeSnapshots", &[]).await.0, 200);
}

#[tokio::test]
async fn a_run_repeats_with_its_seed() {
    let outcomes = async |seed: u32| {
        let settings = format!(
            "seed = {seed}\n[[fault]]\noperation = \"*\"\nwhen = {{ one_in = 3 }}\nanswer = {{ throttle = {{}} }}"
        );
        let (_emulator, client) = start(&[], &settings).await;
        let mut codes = Vec::new();
        for _ in 0..40 {
            codes.push(client.outcome("DescribeSnapshots", &[]).await.0);
        }
        codes
    };
    let first = outcomes(1).await;
    assert_eq!(first, outcomes(1).await);
    assert_ne!(first, outcomes(2).await);
    assert!(first.contains(&200) && first.contains(&400));
}

#[tokio::test]
async fn latency_delays_the_answer() {
    let (_emulator, client) = start(&[], "[[latency]]\noperation = \"*\"\nmin_ms = 80\nmax_ms = 90").await;
    let began = Instant::now();
    client.call("DescribeSnapshots", &[]).await;
    assert!(began.elapsed() >= Duration::from_millis(80));
}

#[tokio::test]
async fn without_settings_nothing_goes_wrong() {
    let (_emulator, client) = start(&[], "").await;
    for _ in 0..300 {
        assert_eq!(client.outcome("DescribeSnapshots", &[]).await.0, 200);
    }
}

#[tokio::test]
async fn settings_that_make_no_sense_do_not_start() {
    let faults: Faults = toml::from_str(&fault("{ error = { status = 200 } }")).unwrap();
    let config =
        sexton_emulator::EmulatorConfig { faults, ..sexton_emulator::EmulatorConfig::new(([127, 0, 0, 1], 0).into()) };
    let error = sexton_emulator::Emulator::start(config, world(&[])).await.unwrap_err();
    assert!(matches!(error, StartError::Faults(_)), "{error}");
}
