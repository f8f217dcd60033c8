//! Credentials that a command prints: the vendor's mode External. What it prints is never shown, also where it is wrong.

use std::process::Stdio;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use sexton_http::{Secret, unsent};
use sexton_provider::{CallError, ErrorClass};

use super::Session;
use crate::credential::Credentials;

const OPERATION: &str = "process_command";
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// What it prints, by the vendor's `credentials-go`, `providers/external.go`.
#[derive(Deserialize)]
struct Printed {
    #[serde(default)]
    mode: String,
    #[serde(default)]
    access_key_id: String,
    #[serde(default)]
    access_key_secret: String,
    #[serde(default)]
    sts_token: String,
    #[serde(default)]
    expiration: String,
}

/// Runs the command, without a shell.
pub(super) async fn run(line: &Secret) -> Result<Session, CallError> {
    let wrong = |message: &str| unsent(OPERATION, ErrorClass::Auth, message.to_owned());
    let words = shlex::split(line.reveal()).filter(|words| !words.is_empty());
    let words = words.ok_or_else(|| wrong("the command cannot be split into words"))?;
    let (program, arguments) = words.split_first().ok_or_else(|| wrong("the command is empty"))?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(TIME_LIMIT, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(wrong(&format!("{program:?} cannot be run: {error}"))),
        Err(_) => return Err(wrong(&format!("{program:?} did not end within {} s", TIME_LIMIT.as_secs()))),
    };
    if !output.status.success() {
        return Err(wrong(&format!("{program:?} ended with {}", output.status)));
    }
    let Ok(printed) = serde_json::from_slice::<Printed>(&output.stdout) else {
        return Err(wrong(&format!("{program:?} did not print credentials as JSON")));
    };
    if printed.access_key_id.is_empty() || printed.access_key_secret.is_empty() {
        return Err(wrong(&format!("{program:?} printed no access_key_id or no access_key_secret")));
    }
    let token = Some(printed.sts_token).filter(|token| !token.is_empty());
    if printed.mode == "StsToken" && token.is_none() {
        return Err(wrong(&format!("{program:?} printed the mode StsToken and no sts_token")));
    }
    let credentials = Credentials::new(printed.access_key_id, printed.access_key_secret, token);
    if printed.expiration.is_empty() {
        return Ok(Session::lasting(credentials));
    }
    let expires: Timestamp =
        printed.expiration.parse().map_err(|_| wrong("the expiration that was printed is no time"))?;
    Ok(Session::until(credentials, expires, Timestamp::now()))
}
