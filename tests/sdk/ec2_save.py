"""Saves what `aws ec2 describe-*` prints of a running emulator, by the vendor's own client, boto3.

    python ec2_save.py http://127.0.0.1:PORT ACCESS_KEY_ID SECRET_ACCESS_KEY REGION FOLDER

A file for each listing, the answer of each call one after the other, as `--no-paginate` prints them; one for the versions
of each launch template, and one for the permissions of each image and each snapshot. Pages are short, so that most
listings have several.
"""

import datetime
import json
import os
import pathlib
import sys

for name in [name for name in os.environ if name.startswith("AWS_") or name.lower() in ("http_proxy", "all_proxy")]:
    os.environ.pop(name)
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3  # noqa: E402

import checks  # noqa: E402


def printed(value):
    """What the command line prints of what is no JSON."""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no form in JSON")


def save(endpoint, key_id, secret, region, folder):
    ec2 = boto3.client(
        "ec2", endpoint_url=endpoint, region_name=region, aws_access_key_id=key_id, aws_secret_access_key=secret
    )
    folder = pathlib.Path(folder)

    def listing(file, call, rows, size, **parameters):
        """Every page, and the rows of them all."""
        texts, found, token = [], [], {}
        while True:
            page = call(MaxResults=size, **token, **parameters)
            del page["ResponseMetadata"]
            texts.append(json.dumps(page, default=printed, indent=4) + "\n")
            found += page[rows]
            if not page.get("NextToken"):
                (folder / file).write_text("".join(texts), encoding="utf-8")
                return found
            token = {"NextToken": page["NextToken"]}

    def permissions(file, answer):
        del answer["ResponseMetadata"]
        (folder / file).write_text(json.dumps(answer, default=printed), encoding="utf-8")

    managed = {"IncludeManagedResources": True}
    snapshots = listing("snapshots.json", ec2.describe_snapshots, "Snapshots", 50, OwnerIds=["self"])
    listing("locks.json", ec2.describe_locked_snapshots, "Snapshots", 5)
    everything = {"Owners": ["self"], "IncludeDisabled": True, "IncludeDeprecated": True}
    images = listing("images.json", ec2.describe_images, "Images", 20, **everything)
    listing("volumes.json", ec2.describe_volumes, "Volumes", 20, **managed)
    listing("instances.json", ec2.describe_instances, "Reservations", 10, **managed)
    for template in listing("templates.json", ec2.describe_launch_templates, "LaunchTemplates", 2, **managed):
        id = template["LaunchTemplateId"]
        asked = {"LaunchTemplateId": id, "ResolveAlias": True, **managed}
        listing(f"versions-{id}.json", ec2.describe_launch_template_versions, "LaunchTemplateVersions", 1, **asked)
    for id in (image["ImageId"] for image in images):
        answer = ec2.describe_image_attribute(ImageId=id, Attribute="launchPermission")
        permissions(f"permissions-{id}.json", answer)
    for id in (snapshot["SnapshotId"] for snapshot in snapshots):
        answer = ec2.describe_snapshot_attribute(SnapshotId=id, Attribute="createVolumePermission")
        permissions(f"permissions-{id}.json", answer)


if __name__ == "__main__":
    sys.exit(checks.main(save, __doc__, 5))
