//! Who may use an image: DescribeImageSharePermission, ModifyImageSharePermission, ModifyImageShareGroupPermission.

use serde_json::{Value, json};

use crate::call::Call;
use crate::clock;
use crate::error::{ApiError, Reply, done};
use crate::paging::Pages;
use crate::refusal::Refusal;
use crate::world::World;
use crate::world::image::Image;
use crate::world::words::ImageStatus;

const PAGES: Pages = Pages { token: None, by_number: Some(100) };

/// Of more accounts in one call the rest is ignored without a word (vendor documentation of ModifyImageSharePermission).
const MAX_ACCOUNTS_PER_CALL: usize = 10;

/// An image is shared to at most so many accounts.
const MAX_ACCOUNTS: usize = 50;

fn not_found() -> ApiError {
    ApiError::new(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
}

pub(crate) fn describe(world: &World, call: &mut Call<'_>) -> Reply {
    let id = call.parameters.required("ImageId")?;
    let image = world.images.get(id).filter(|image| image.is_own()).ok_or_else(not_found)?;
    let page = call.page(image.accounts.keys(), String::as_str, PAGES)?;
    let accounts: Vec<Value> = page
        .rows
        .iter()
        .map(|account| {
            let shared_at = image.accounts.get(*account).copied().flatten();
            super::row(json!({ "AliyunId": account, "SharedTime": shared_at.map(clock::seconds) }))
        })
        .collect();
    let groups: Vec<Value> = image.groups.iter().map(|group| json!({ "Group": group })).collect();
    let mut fields = page.fields;
    fields.extend([
        ("ImageId".to_owned(), json!(id)),
        ("RegionId".to_owned(), json!(world.region())),
        ("Accounts".to_owned(), json!({ "Account": accounts })),
        ("ShareGroups".to_owned(), json!({ "ShareGroup": if call.is_blind { Vec::new() } else { groups } })),
    ]);
    Ok(fields)
}

pub(crate) fn modify(world: &mut World, call: &Call<'_>) -> Reply {
    let parameters = call.parameters;
    let id = parameters.required("ImageId")?;
    let add: Vec<&str> = parameters.numbered("AddAccount").into_iter().take(MAX_ACCOUNTS_PER_CALL).collect();
    let remove: Vec<&str> = parameters.numbered("RemoveAccount").into_iter().take(MAX_ACCOUNTS_PER_CALL).collect();
    let publish = parameters.flag("IsPublic")?;
    let owner = world.account().to_owned();
    let image = world.images.get_mut(id).filter(|image| image.is_own()).ok_or_else(not_found)?;
    match publish {
        None if add.is_empty() && remove.is_empty() => return Err(ApiError::missing("AddAccount")),
        Some(_) if !add.is_empty() || !remove.is_empty() => return Err(Refusal::IsPublicMixed.into()),
        Some(true) if image.is_public => return Err(Refusal::ImagePublic.into()),
        Some(false) if !image.is_public => return Err(Refusal::ImageNotPublic.into()),
        Some(_) | None => {}
    }
    let grants = publish == Some(true) || !add.is_empty();
    if grants && image.status != Some(ImageStatus::Available) {
        return Err(Refusal::InvalidImageStatus.into());
    }
    check_accounts(image, &owner, &add, &remove)?;
    call.check_dry_run()?;
    if let Some(is_public) = publish {
        image.is_public = is_public;
    }
    for account in remove {
        image.accounts.remove(account);
    }
    for account in add {
        image.accounts.entry(account.to_owned()).or_insert(Some(call.now));
    }
    done()
}

/// One wrong account and nothing is changed.
fn check_accounts(image: &Image, owner: &str, add: &[&str], remove: &[&str]) -> Result<(), Refusal> {
    let is_account = |account: &str| !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    if add.contains(&owner) {
        return Err(Refusal::OwnAccount);
    }
    if add.iter().any(|account| !is_account(account)) {
        return Err(Refusal::AccountNotFound);
    }
    if remove.iter().any(|account| !image.accounts.contains_key(*account)) {
        return Err(Refusal::AccountNotFound);
    }
    let mut after: Vec<&str> = image.accounts.keys().map(String::as_str).collect();
    after.retain(|account| !remove.contains(account));
    after.extend(add);
    after.sort_unstable();
    after.dedup();
    if !add.is_empty() && after.len() > MAX_ACCOUNTS {
        return Err(Refusal::ShareQuota);
    }
    Ok(())
}

/// The vendor's SDK has this call; no page of the documentation describes it.
pub(crate) fn modify_groups(world: &mut World, call: &Call<'_>) -> Reply {
    let id = call.parameters.required("ImageId")?;
    let add = call.parameters.numbered("AddGroup");
    let remove = call.parameters.numbered("RemoveGroup");
    if add.is_empty() && remove.is_empty() {
        return Err(ApiError::missing("AddGroup"));
    }
    let image = world.images.get_mut(id).filter(|image| image.is_own()).ok_or_else(not_found)?;
    if add.iter().chain(&remove).any(|group| group.is_empty()) {
        return Err(ApiError::new(400, "InvalidGroup.Malformed", "The specified group is malformed."));
    }
    for group in remove {
        image.groups.remove(group);
    }
    image.groups.extend(add.into_iter().map(str::to_owned));
    done()
}
