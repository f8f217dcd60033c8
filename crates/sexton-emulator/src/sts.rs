//! The caller's identity: STS 2015-04-01 GetCallerIdentity. No permission is needed for it.

use serde_json::json;

use crate::call::Call;
use crate::error::{Reply, fields};
use crate::world::World;

pub(crate) fn get_caller_identity(world: &World, call: &Call<'_>) -> Reply {
    let account = call.caller.account.as_deref().unwrap_or(world.account());
    let user = user_id(&call.caller.access_key_id);
    if call.caller.security_token.is_some() {
        return fields(json!({
            "AccountId": account,
            "Arn": format!("acs:ram::{account}:assumed-role/sexton/session"),
            "IdentityType": "AssumedRoleUser",
            "PrincipalId": format!("{user}:session"),
            "RoleId": user,
        }));
    }
    fields(json!({
        "AccountId": account,
        "Arn": format!("acs:ram::{account}:user/sexton"),
        "IdentityType": "RAMUser",
        "PrincipalId": user,
        "UserId": user,
    }))
}

/// Eighteen digits that are always the same for a key.
fn user_id(access_key_id: &str) -> String {
    let mut mixed: u64 = 0xCBF2_9CE4_8422_2325;
    for byte in access_key_id.bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3);
    }
    format!("2{:017}", mixed % 100_000_000_000_000_000)
}
