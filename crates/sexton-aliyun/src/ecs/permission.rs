//! Whether an empty answer means that there is nothing, or that the identity may not see it.
//!
//! The vendor documents that DescribeInstances answers an empty list to a RAM identity without permission. A call with
//! `DryRun=true` tells: its error code is `DryRunOperation` where the call would have been allowed. The other listings
//! that know `DryRun` are asked the same way, in case they behave alike.
//!
//! Nothing tells so of the listings of launch templates and of scaling configurations. Their emptiness is believed of an
//! identity that sees everything, and of no other.

use sexton_http::refused;
use sexton_provider::{CallError, ErrorClass};

use super::provider::EcsProvider;
use crate::pages::{Reader, parameters};

#[cfg(test)]
mod tests;

/// Makes sure that the identity may list, by a dry run, once for each operation and region.
///
/// # Errors
/// The identity lacks the permission, or the dry run did not tell: class auth. The call failed otherwise: its error.
pub(super) async fn confirm(
    provider: &EcsProvider,
    reader: &Reader<'_>,
    operation: &'static str,
    region: &str,
) -> Result<(), CallError> {
    if provider.known_to_list(operation, region) {
        return Ok(());
    }
    // Before the call, which may find newer ones: what is remembered under older ones is only asked again.
    let generation = provider.client().credentials_generation();
    let dry_run = parameters([("RegionId", region), ("DryRun", "true")]);
    match reader.read(operation, dry_run).await {
        Err(error) if error.code.as_deref() == Some("DryRunOperation") => {
            provider.remember_to_list(generation, operation, region);
            Ok(())
        }
        Err(error) => match error.class {
            ErrorClass::Throttle { .. } | ErrorClass::Transient => Err(error),
            ErrorClass::Permanent | ErrorClass::Auth => Err(CallError { class: ErrorClass::Auth, ..error }),
        },
        Ok(reply) => Err(CallError {
            class: ErrorClass::Auth,
            request_id: reply.request_id,
            ..refused(
                operation,
                "the answer is empty, and a dry run does not tell whether the identity may see more".to_owned(),
            )
        }),
    }
}
