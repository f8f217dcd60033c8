//! What providers that are spoken to over HTTP share: where a service listens, how one attempt at one call is made and
//! its failure told, how a listing paces itself, and how its rows become resources. Knows no vendor: what differs between them (codes, pauses, names)
//! is data that they give.
//!
//! ```
//! use std::time::Duration;
//!
//! use sexton_http::{Attempt, Codes, Endpoint, Pace, Pauses, Purpose, Route, client, seconds_to_wait};
//! use sexton_provider::CallError;
//!
//! /// What the codes of a service mean.
//! static CODES: Codes = Codes {
//!     is_throttle: |code| code == "TooFast",
//!     is_auth: |code| code == "NotYou",
//!     is_transient: |code| code == "InternalError",
//!     effect: |_| None,
//!     retry_after: seconds_to_wait,
//!     in_place_of: |_, _| None,
//! };
//!
//! const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), first_throttled: Duration::from_millis(500) };
//!
//! /// Reads what stands at the root, again and again while the service is busy.
//! async fn read(http: &reqwest::Client, endpoint: &Endpoint) -> Result<Vec<u8>, CallError> {
//!     let host = endpoint.host();
//!     let attempt = Attempt { operation: "Read", host: &host, purpose: Purpose::Read, secrets: &[], codes: &CODES };
//!     PAUSES
//!         .paced(Pace::Patient, attempt.operation, async || {
//!             let request = http.get(endpoint.with_path("/")).timeout(Duration::from_secs(30));
//!             let answer = attempt.exchange(request).await?;
//!             match answer.status {
//!                 200 => Ok(answer.body),
//!                 _ => Err(attempt.refused(&answer, None, "no words", None)),
//!             }
//!         })
//!         .await
//! }
//!
//! let endpoint = Endpoint::parse("127.0.0.1:8099")?;
//! let http = client(Route::to(Some(&endpoint)))?;
//! # let _ = read(&http, &endpoint);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod census;
mod client;
mod codes;
mod draft;
mod endpoint;
mod json;
mod lately;
mod pace;
mod redact;
mod renewable;
mod secret;
mod waivers;
mod words;

pub use attempt::{Answer, Attempt, Opened, Purpose, Reply, refused, told, unsent};
pub use client::{Route, client};
pub use codes::{Codes, seconds_to_wait};
pub use draft::{Draft, Place};
pub use endpoint::{Endpoint, EndpointError};
pub use json::{Fields, NoId};
pub use lately::{LISTINGS_SERVE_FOR, Lately};
pub use pace::{Pace, Pauses};
pub use renewable::{Renewable, Slot};
pub use secret::Secret;
pub use waivers::Waivers;
pub use words::KindWord;
