//! Custom images.

use sexton_core::resource::{AttributeValue, Resource};

use super::{ApiVersion, DecodeError, Draft, Place, Row, ZecKind};

/// Reads an image. The API tells neither when it was made nor of what.
pub(crate) fn image(place: &Place, version: ApiVersion, row: Row<'_>) -> Result<Resource, DecodeError> {
    Ok(Draft::new(place, ZecKind::Image, &row.id("imageId")?)?
        .name(row.text("imageName"))
        .state(row.text("imageStatus"))
        .tags(row.tags(version))
        .attribute("min_disk_size", row.number_attribute("minDiskSize"))
        .attribute("resource_group_id", row.resource_group())
        .attribute("region_ids", regions(row))
        .attributes(
            |field| row.word_attribute(field),
            [("image_type", "imageType"), ("image_source", "imageSource"), ("os_type", "osType")],
        )
        .attributes(
            |field| row.text_attribute(field),
            [
                // A text without a unit.
                ("image_size", "imageSize"),
                ("image_version", "imageVersion"),
                ("category", "category"),
            ],
        )
        .finish())
}

/// Whether it is the account's. A row that says nothing came from the listing of the account's.
pub(crate) fn is_custom(row: Row<'_>) -> bool {
    row.text("imageType").is_none_or(|word| word != "PUBLIC_IMAGE")
}

/// Where there are copies of it, in an order that does not change with the answer's.
fn regions(row: Row<'_>) -> Option<AttributeValue> {
    row.value("regionIdList")?;
    Some(match row.texts("regionIdList") {
        Ok(mut regions) => {
            regions.sort();
            AttributeValue::from(regions)
        }
        Err(_) => AttributeValue::Null,
    })
}
