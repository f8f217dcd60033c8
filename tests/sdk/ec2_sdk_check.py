"""Drives the vendor's own EC2 client, boto3, against a running emulator.

    python ec2_sdk_check.py http://127.0.0.1:PORT ACCESS_KEY_ID SECRET_ACCESS_KEY

Prints one line a check and exits with 1 at the first that fails. The world must have been generated, with some hundred
resources at least. Beside the keys that are given, the emulator has to know the keys `temporary` and `expired`, with the
secret `secret` and the token `the-token`, and the key `denied`, with the same secret and without permission to
DescribeSnapshots, DescribeLaunchConfigurations and ListRules. Its faults are to throttle the first two calls of
DescribeAvailabilityZones and the first of DescribeLaunchConfigurations and of ListRules. Some resources of every kind are
removed in it.
"""

import datetime
import json
import os
import sys
import urllib.request

for name in [name for name in os.environ if name.startswith("AWS_") or name.lower() in ("http_proxy", "all_proxy")]:
    os.environ.pop(name)
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402

import checks  # noqa: E402
from checks import Failed, expect, expect_equal  # noqa: E402

GIB = 1 << 30
TYPES = {"snapshot": "EBS_SNAPSHOT", "image": "EC2_IMAGE", "disk": "EBS_VOLUME"}


def written(instant):
    """A time of the SDK as inventories write it."""
    return instant and instant.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def tags_of(row):
    return {tag["Key"]: tag["Value"] for tag in row.get("Tags", [])}


def of_kind(state, kind):
    return {id: resource for (of, id), resource in state.items() if of == kind}


def linked(resource, relation, kind=None):
    links = resource["links"] or []
    return [link["id"] for link in links if link["relation"] == relation and kind in (None, link["kind"])]


class Check:
    def __init__(self, endpoint, key_id, secret):
        self.endpoint, self.key_id, self.secret = endpoint, key_id, secret
        places = {tuple(r[part] for part in ("account", "region")) for r in self.state().values()}
        (self.account, self.region) = places.pop()
        self.ec2 = self.client("ec2")

    def client(self, service, key_id=None, secret=None, token=None, attempts=1):
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=key_id or self.key_id,
            aws_secret_access_key=secret or self.secret,
            aws_session_token=token,
            config=Config(
                connect_timeout=5, read_timeout=10, retries={"total_max_attempts": attempts, "mode": "standard"}
            ),
        )

    def state(self):
        """Every resource of the emulator's world by kind and id."""
        with urllib.request.urlopen(f"{self.endpoint}/_emulator/state") as answer:
            lines = [json.loads(line) for line in answer.read().decode().splitlines()]
        rows = [line["resource"] for line in lines if "resource" in line]
        return {(row["kind"], row["id"]): row for row in rows}

    def refused(self, status, code, call, **parameters):
        """The call must be refused with that status and code; the message."""
        try:
            call(**parameters)
        except ClientError as error:
            answer = error.response
            found = (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"])
            expect_equal(found, (status, code), f"{error.operation_name} refused")
            expect(answer["ResponseMetadata"].get("RequestId"), "the refusal names its request")
            return answer["Error"]["Message"]
        raise Failed(f"{call.__name__} passed; expected {status} {code}")

    def pages(self, operation, rows, size, client=None, **parameters):
        """Every row of a listing, by the SDK's own paginator."""
        found = []
        pages = (client or self.ec2).get_paginator(operation).paginate(
            PaginationConfig={"PageSize": size}, **parameters
        )
        for page in pages:
            expect(len(page[rows]) <= size, f"a page of {operation} is no longer than asked for")
            found += page[rows]
        return found

    def by_token(self, call, rows, size, **parameters):
        """Every row of a listing that the SDK has no paginator for."""
        found, token = [], {}
        while True:
            page = call(MaxResults=size, **token, **parameters)
            expect(len(page[rows]) <= size, "a page is no longer than asked for")
            found += page[rows]
            if not page.get("NextToken"):
                return found
            token = {"NextToken": page["NextToken"]}

    def same(self, kind, found, row):
        """The rows, by id, tell of every resource of the kind what the world has."""
        wanted = {id: row(resource) for id, resource in of_kind(self.state(), kind).items()}
        expect(len(wanted) > 3, f"there are several of {kind}")
        expect_equal(len(found), len(set(found)), f"distinct rows of {kind}")
        expect_equal(found, wanted, kind)

    def one(self, kind, what, wanted):
        """One of the world's resources that the condition holds for, by its id."""
        state = self.state()
        for id, resource in of_kind(state, kind).items():
            if wanted(resource, state):
                return id
        raise Failed(f"no {kind} is {what}")

    # In the order in which they run.

    def too_many_calls_are_throttled(self):
        call = self.ec2.describe_availability_zones
        self.refused(503, "RequestLimitExceeded", call)
        autoscaling, rbin = self.client("autoscaling"), self.client("rbin")
        self.refused(400, "Throttling", autoscaling.describe_launch_configurations)
        self.refused(429, "ThrottlingException", rbin.list_rules, ResourceType="EBS_SNAPSHOT")

    def the_sdk_asks_again_when_throttled(self):
        answer = self.client("ec2", attempts=3).describe_availability_zones()
        expect_equal(answer["ResponseMetadata"]["RetryAttempts"], 1, "attempts after the first")
        expect(all(zone["RegionName"] == self.region for zone in answer["AvailabilityZones"]), "zones of the region")

    def wrong_keys_are_refused(self):
        wrong = {"secret": "not-the-secret"}
        self.refused(403, "SignatureDoesNotMatch", self.client("ec2", **wrong).describe_regions)
        self.refused(403, "SignatureDoesNotMatch", self.client("sts", **wrong).get_caller_identity)
        rules = self.client("rbin", **wrong).list_rules
        self.refused(403, "InvalidSignatureException", rules, ResourceType="EBS_VOLUME")
        for unknown in (
            {"key_id": "nobody"},
            {"key_id": "temporary", "secret": "secret"},
            {"key_id": "temporary", "secret": "secret", "token": "another-token"},
        ):
            self.refused(401, "AuthFailure", self.client("ec2", **unknown).describe_regions)
            self.refused(403, "InvalidClientTokenId", self.client("sts", **unknown).get_caller_identity)

    def temporary_keys_serve_until_they_are_over(self):
        keys = {"secret": "secret", "token": "the-token"}
        identity = self.client("sts", key_id="temporary", **keys).get_caller_identity()
        expect_equal(identity["Account"], self.account, "account")
        expired = {"key_id": "expired", **keys}
        self.refused(400, "RequestExpired", self.client("ec2", **expired).describe_snapshots)
        self.refused(403, "ExpiredToken", self.client("sts", **expired).get_caller_identity)
        rules = self.client("rbin", **expired).list_rules
        self.refused(403, "ExpiredTokenException", rules, ResourceType="EBS_VOLUME")

    def what_is_not_permitted_is_refused(self):
        keys = {"key_id": "denied", "secret": "secret"}
        self.refused(403, "UnauthorizedOperation", self.client("ec2", **keys).describe_snapshots)
        configurations = self.client("autoscaling", **keys).describe_launch_configurations
        self.refused(403, "AccessDenied", configurations)
        rules = self.client("rbin", **keys).list_rules
        self.refused(403, "AccessDeniedException", rules, ResourceType="EBS_VOLUME")
        expect_equal(self.client("sts", **keys).get_caller_identity()["Account"], self.account, "account")

    def another_region_is_refused(self):
        self.region, own = "xx-nowhere-1", self.region
        elsewhere = self.client("ec2")
        self.region = own
        self.refused(403, "AuthFailure", elsewhere.describe_snapshots)
        expect_equal([r["RegionName"] for r in self.ec2.describe_regions()["Regions"]], [own], "regions")

    def snapshots_are_listed(self):
        rows = self.pages("describe_snapshots", "Snapshots", 7, OwnerIds=["self"])
        fields = lambda row: (
            row["State"],
            row["VolumeSize"] * GIB,
            written(row["StartTime"]),
            tags_of(row),
            row["Encrypted"],
            row["StorageTier"],
            row.get("Description"),
            row["VolumeId"],
        )
        expect(all(row["OwnerId"] == self.account for row in rows), "they are the account's own")
        world = lambda r: (
            r["state"],
            r["size_bytes"],
            r["created_at"],
            r["tags"],
            r["attrs"]["encrypted"],
            r["attrs"]["storage_tier"],
            r["attrs"].get("description"),
            r["attrs"]["volume_id"],
        )
        self.same("snapshot", {row["SnapshotId"]: fields(row) for row in rows}, world)
        expect(any(not value.isascii() for row in rows for value in tags_of(row).values()), "a tag is not ASCII")
        expect_equal(self.ec2.describe_snapshots(OwnerIds=["amazon"])["Snapshots"], [], "snapshots of others")
        by_id = self.ec2.describe_snapshots(SnapshotIds=[rows[3]["SnapshotId"]])["Snapshots"]
        expect_equal(by_id, [rows[3]], "the snapshot by its id")
        by_filter = [{"Name": "snapshot-id", "Values": [rows[5]["SnapshotId"], "snap-none"]}]
        expect_equal(self.ec2.describe_snapshots(Filters=by_filter)["Snapshots"], [rows[5]], "one by a filter")

    def images_are_listed_disabled_ones_when_asked_for(self):
        own = {"Owners": ["self"]}
        rows = self.pages("describe_images", "Images", 6, IncludeDisabled=True, IncludeDeprecated=True, **own)
        snapshots = lambda row: sorted(m["Ebs"]["SnapshotId"] for m in row["BlockDeviceMappings"])
        fields = lambda row: (
            row["Name"],
            row["State"],
            row["CreationDate"],
            tags_of(row),
            row["Public"],
            row["DeregistrationProtection"],
            row.get("DeprecationTime"),
            row["Architecture"],
            snapshots(row),
        )
        world = lambda r: (
            r["name"],
            r["state"],
            r["created_at"],
            r["tags"],
            r["attrs"]["is_public"],
            r["attrs"]["deregistration_protection"],
            r["attrs"].get("deprecated_at"),
            r["attrs"]["architecture"],
            sorted(linked(r, "created-from")),
        )
        self.same("image", {row["ImageId"]: fields(row) for row in rows}, world)
        enabled = {row["ImageId"] for row in self.pages("describe_images", "Images", 6, **own)}
        disabled = {row["ImageId"] for row in rows if row["State"] == "disabled"}
        expect(disabled, "an image is disabled")
        expect_equal(enabled, {row["ImageId"] for row in rows} - disabled, "images by default")
        expect(any("DeprecationTime" in row for row in rows if row["ImageId"] in enabled), "a deprecated one is listed")
        expect_equal(self.ec2.describe_images(Owners=["amazon"])["Images"], [], "images of others")
        of = [{"Name": "block-device-mapping.snapshot-id", "Values": snapshots(rows[0])[:1]}]
        found = {row["ImageId"] for row in self.ec2.describe_images(Filters=of, IncludeDisabled=True)["Images"]}
        wanted = {row["ImageId"] for row in rows if snapshots(rows[0])[0] in snapshots(row)}
        expect_equal(found, wanted, "images of a snapshot")

    def volumes_are_listed_managed_ones_when_asked_for(self):
        rows = self.pages("describe_volumes", "Volumes", 8, IncludeManagedResources=True)
        attachments = lambda row: [(a["InstanceId"], a["DeleteOnTermination"]) for a in row["Attachments"]]
        fields = lambda row: (
            row["State"],
            row["Size"] * GIB,
            written(row["CreateTime"]),
            tags_of(row),
            row["VolumeType"],
            row["AvailabilityZone"],
            row.get("SnapshotId"),
            attachments(row),
            row.get("Operator", {}).get("Principal"),
        )
        world = lambda r: (
            r["state"],
            r["size_bytes"],
            r["created_at"],
            r["tags"],
            r["attrs"]["volume_type"],
            r["attrs"]["availability_zone"],
            next(iter(linked(r, "created-from")), None),
            [(id, r["attrs"]["delete_with_instance"]) for id in linked(r, "attached-to")],
            r["attrs"].get("managed_by"),
        )
        self.same("disk", {row["VolumeId"]: fields(row) for row in rows}, world)
        by_default = {row["VolumeId"] for row in self.pages("describe_volumes", "Volumes", 8)}
        managed = {row["VolumeId"] for row in rows if row.get("Operator", {}).get("Managed")}
        expect(managed, "a volume is managed")
        expect_equal(by_default, {row["VolumeId"] for row in rows} - managed, "volumes by default")

    def instances(self, **parameters):
        reservations = self.pages("describe_instances", "Reservations", 9, **parameters)
        return [instance for reservation in reservations for instance in reservation["Instances"]]

    def instances_are_listed_managed_ones_when_asked_for(self):
        rows = self.instances(IncludeManagedResources=True)
        fields = lambda row: (
            row["State"]["Name"],
            row["ImageId"],
            written(row["LaunchTime"]),
            tags_of(row),
            row["InstanceType"],
            row["Placement"]["AvailabilityZone"],
            row.get("Operator", {}).get("Principal"),
        )
        world = lambda r: (
            r["state"],
            linked(r, "booted-from")[0],
            r["created_at"],
            r["tags"],
            r["attrs"]["instance_type"],
            r["attrs"]["availability_zone"],
            r["attrs"].get("managed_by"),
        )
        self.same("instance", {row["InstanceId"]: fields(row) for row in rows}, world)
        codes = {"running": 16, "stopped": 80}
        expect(all(row["State"]["Code"] == codes[row["State"]["Name"]] for row in rows), "states have their codes")
        managed = {row["InstanceId"] for row in rows if row.get("Operator", {}).get("Managed")}
        expect(managed, "an instance is managed")
        by_default = {row["InstanceId"] for row in self.instances()}
        expect_equal(by_default, {row["InstanceId"] for row in rows} - managed, "instances by default")
        of = [{"Name": "image-id", "Values": [rows[0]["ImageId"]]}]
        found = {row["InstanceId"] for row in self.instances(Filters=of, IncludeManagedResources=True)}
        wanted = {row["InstanceId"] for row in rows if row["ImageId"] == rows[0]["ImageId"]}
        expect_equal(found, wanted, "instances of an image")
        both = {"InstanceIds": [rows[0]["InstanceId"]], "MaxResults": 5}
        self.refused(400, "InvalidParameterCombination", self.ec2.describe_instances, **both)

    def launch_templates_are_listed_with_every_version(self):
        rows, found = self.pages("describe_launch_templates", "LaunchTemplates", 2), {}
        for row in rows:
            id, refers = row["LaunchTemplateId"], set()
            versions = self.pages(
                "describe_launch_template_versions", "LaunchTemplateVersions", 1, LaunchTemplateId=id
            )
            for version in versions:
                data = version["LaunchTemplateData"]
                refers |= {data["ImageId"]} if "ImageId" in data else set()
                refers |= {m["Ebs"]["SnapshotId"] for m in data.get("BlockDeviceMappings", [])}
            expect_equal(versions[-1]["VersionNumber"], row["LatestVersionNumber"], "the latest version")
            times = written(row["CreateTime"])
            found[id] = (row["LaunchTemplateName"], times, tags_of(row), row["DefaultVersionNumber"], refers)
        world = lambda r: (
            r["name"],
            r["created_at"],
            r["tags"],
            r["attrs"]["default_version"],
            set(linked(r, "refers-to")),
        )
        self.same("launch-template", found, world)
        expect(any(len(refers) > 1 for *_, refers in found.values()), "a template refers to several")

    def launch_configurations_are_listed(self):
        autoscaling = self.client("autoscaling")
        rows = self.pages("describe_launch_configurations", "LaunchConfigurations", 1, client=autoscaling)
        found = {
            row["LaunchConfigurationName"]: (written(row["CreatedTime"]), row["InstanceType"], [row["ImageId"]])
            for row in rows
        }
        world = lambda r: (r["created_at"], r["attrs"]["instance_type"], linked(r, "refers-to"))
        wanted = {id: world(r) for id, r in of_kind(self.state(), "launch-configuration").items()}
        expect(len(wanted) > 1, "there are several launch configurations")
        expect_equal(found, wanted, "launch configurations")

    def permissions_are_told_of_each_image_and_snapshot(self):
        state, found = self.state(), set()
        for kind, id in sorted(state):
            if kind == "image":
                asked = {"ImageId": id, "Attribute": "launchPermission"}
                permissions = self.ec2.describe_image_attribute(**asked)["LaunchPermissions"]
            elif kind == "snapshot":
                asked = {"SnapshotId": id, "Attribute": "createVolumePermission"}
                permissions = self.ec2.describe_snapshot_attribute(**asked)["CreateVolumePermissions"]
            else:
                continue
            for permission in permissions:
                (field, with_whom) = permission.popitem()
                expect(not permission, "a permission is one of four things")
                types = {"UserId": "account", "OrganizationArn": "organization", "Group": "all"}
                found.add((id, with_whom, types.get(field, "organizational-unit")))
        shares = of_kind(state, "share").items()
        wanted = {(*id.split("/", 1), share["attrs"]["share_type"]) for id, share in shares}
        wanted |= {(id.split("/")[0], "all", "all") for id in of_kind(state, "publication")}
        expect_equal(found, wanted, "permissions")
        expect_equal(
            {how for *_, how in found}, {"account", "organization", "organizational-unit", "all"}, "all sorts"
        )

    def locks_are_listed(self):
        rows = self.by_token(self.ec2.describe_locked_snapshots, "Snapshots", 5)
        found = {row["SnapshotId"]: (row["LockState"], written(row.get("LockExpiresOn"))) for row in rows}
        snapshots = of_kind(self.state(), "snapshot").items()
        wanted = {
            id: (snapshot["attrs"]["lock_state"], snapshot["attrs"].get("locked_until"))
            for id, snapshot in snapshots
            if "lock_state" in snapshot["attrs"]
        }
        expect_equal(found, wanted, "locks")
        expect({"expired", "compliance", "governance"} <= {lock for lock, _ in found.values()}, "every sort of lock")

    def rules_of_the_bin_say_how_long_it_keeps_what(self):
        rbin, state, rules = self.client("rbin"), self.state(), {}
        for kind, of in TYPES.items():
            rules[kind] = []
            for row in self.pages("list_rules", "Rules", 1, client=rbin, ResourceType=of):
                rule = rbin.get_rule(Identifier=row["Identifier"])
                expect_equal(rule["RetentionPeriod"], row["RetentionPeriod"], "its period")
                expect_equal((rule["ResourceType"], rule["Status"]), (of, "available"), "the rule")
                days = rule["RetentionPeriod"]["RetentionPeriodValue"]
                named = lambda field: {(tag["ResourceTagKey"], tag["ResourceTagValue"]) for tag in rule[field]}
                rules[kind].append((days, named("ResourceTags"), named("ExcludeResourceTags")))
            expect(rules[kind], f"there is a rule for {kind}")
            for id, resource in of_kind(state, kind).items():
                has = set(resource["tags"].items())
                keeps = lambda tags, excluded: (not tags or tags & has) and not excluded & has
                matching = [days for days, *which in rules[kind] if keeps(*which)]
                days = resource["attrs"].get("recycle_bin_days")
                expect_equal(days, max(matching, default=None), f"how long the bin keeps {id}")
        expect(any(excluded for of in rules.values() for *_, excluded in of), "a rule excludes something")
        self.refused(404, "ResourceNotFoundException", rbin.get_rule, Identifier="none")
        expect_equal(self.pages("list_snapshots_in_recycle_bin", "Snapshots", 5), [], "what is in the bin")

    def what_is_guarded_is_refused(self):
        before, ec2 = self.state(), self.ec2
        self.snapshots_are_guarded()
        self.images_are_guarded()
        managed = lambda r, _: "managed_by" in r["attrs"]
        attached = self.one(
            "disk", "attached", lambda r, s: linked(r, "attached-to") and not managed(r, s)
        )
        self.refused(400, "VolumeInUse", ec2.delete_volume, VolumeId=attached)
        volume = self.one("disk", "managed", managed)
        self.refused(400, "OperationNotPermitted", ec2.delete_volume, VolumeId=volume)
        instance = self.one("instance", "managed", managed)
        self.refused(400, "OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instance])
        self.protected = set()
        for id in [id for id, r in of_kind(before, "instance").items() if not managed(r, None)]:
            try:
                ec2.terminate_instances(InstanceIds=[id], DryRun=True)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                expect(code in ("DryRunOperation", "OperationNotPermitted"), f"{id}: {code}")
                self.protected |= {id} if code == "OperationNotPermitted" else set()
        expect(self.protected, "an instance is protected from termination")
        protected = sorted(self.protected)[0]
        message = self.refused(400, "OperationNotPermitted", ec2.terminate_instances, InstanceIds=[protected])
        expect("disableApiTermination" in message, message)
        expect_equal(self.state(), before, "the world after refusals")

    def snapshots_are_guarded(self):
        state = self.state()
        holders = {}
        for id, image in of_kind(state, "image").items():
            for snapshot in linked(image, "created-from"):
                holders.setdefault(snapshot, []).append(id)
        free = lambda r: r["id"] not in holders
        for wanted in ("available", "disabled"):
            in_use = lambda r, s: any(s["image", id]["state"] == wanted for id in holders.get(r["id"], [])) and not (
                "lock_state" in r["attrs"]
            )
            snapshot = self.one("snapshot", f"of an image that is {wanted}", in_use)
            message = self.refused(400, "InvalidSnapshot.InUse", self.ec2.delete_snapshot, SnapshotId=snapshot)
            expect(any(id in message for id in holders[snapshot]), f"it names the image: {message}")
        for lock in ("compliance", "governance"):
            locked = self.one("snapshot", lock, lambda r, _: free(r) and r["attrs"].get("lock_state") == lock)
            self.refused(400, "OperationNotPermitted", self.ec2.delete_snapshot, SnapshotId=locked)
        backup = self.one("snapshot", "of AWS Backup", lambda r, _: free(r) and "owned_by" in r["attrs"])
        message = self.refused(400, "InvalidParameterValue", self.ec2.delete_snapshot, SnapshotId=backup)
        expect("AWS Backup" in message, message)

    def images_are_guarded(self):
        backed = lambda r: "owned_by" in r["attrs"]
        is_protected = lambda r, _: r["attrs"]["deregistration_protection"] != "disabled" and not backed(r)
        protected = self.one("image", "protected", is_protected)
        self.refused(400, "OperationNotPermitted", self.ec2.deregister_image, ImageId=protected)
        backup = self.one("image", "of AWS Backup", lambda r, _: backed(r))
        message = self.refused(400, "InvalidParameterValue", self.ec2.deregister_image, ImageId=backup)
        expect("AWS Backup" in message, message)

    def what_is_not_there_is_refused(self):
        ec2, none = self.ec2, "0123456789abcdef0"
        for code, call, asked in [
            ("InvalidSnapshot.NotFound", ec2.delete_snapshot, {"SnapshotId": f"snap-{none}"}),
            ("InvalidSnapshot.NotFound", ec2.describe_snapshots, {"SnapshotIds": [f"snap-{none}"]}),
            ("InvalidAMIID.NotFound", ec2.deregister_image, {"ImageId": f"ami-{none}"}),
            ("InvalidAMIID.NotFound", ec2.describe_images, {"ImageIds": [f"ami-{none}"]}),
            ("InvalidVolume.NotFound", ec2.delete_volume, {"VolumeId": f"vol-{none}"}),
            ("InvalidVolume.NotFound", ec2.describe_volumes, {"VolumeIds": [f"vol-{none}"]}),
            ("InvalidInstanceID.NotFound", ec2.terminate_instances, {"InstanceIds": [f"i-{none}"]}),
            ("InvalidInstanceID.NotFound", ec2.describe_instances, {"InstanceIds": [f"i-{none}"]}),
        ]:
            self.refused(400, code, call, **asked)
        self.refused(400, "InvalidParameterValue", ec2.describe_snapshots, MaxResults=4)
        self.refused(400, "InvalidParameterValue", ec2.describe_snapshots, NextToken="no-token")
        unknown = [{"Name": "no-such-filter", "Values": ["x"]}]
        self.refused(400, "InvalidParameterValue", ec2.describe_snapshots, Filters=unknown)

    def free_snapshot(self, more=lambda r: True):
        in_use = {s for r in of_kind(self.state(), "image").values() for s in linked(r, "created-from")}
        guarded = lambda r: r["attrs"].get("locked_until") or "owned_by" in r["attrs"] or r["id"] in in_use
        return self.one("snapshot", "free", lambda r, _: not guarded(r) and more(r))

    def a_snapshot_is_deleted_for_good_or_into_the_bin(self):
        for_good = self.free_snapshot(lambda r: "recycle_bin_days" not in r["attrs"])
        self.refused(412, "DryRunOperation", self.ec2.delete_snapshot, SnapshotId=for_good, DryRun=True)
        kept = self.free_snapshot(lambda r: r["attrs"].get("recycle_bin_days") == 30)
        for id in (for_good, kept):
            expect(("snapshot", id) in self.state(), "it is still there")
            self.ec2.delete_snapshot(SnapshotId=id)
            expect(("snapshot", id) not in self.state(), "it is gone")
            self.refused(400, "InvalidSnapshot.NotFound", self.ec2.describe_snapshots, SnapshotIds=[id])
            self.refused(400, "InvalidSnapshot.NotFound", self.ec2.delete_snapshot, SnapshotId=id)
        self.is_in_the_bin("list_snapshots_in_recycle_bin", "Snapshots", "SnapshotId", [kept], 30)
        asked = self.ec2.list_snapshots_in_recycle_bin(SnapshotIds=[for_good])
        expect_equal(asked["Snapshots"], [], "what was deleted for good")

    def is_in_the_bin(self, operation, rows, field, ids, days):
        found = self.pages(operation, rows, 5)
        expect_equal({row[field] for row in found}, set(ids), "what is in the bin")
        for row in found:
            stays = row["RecycleBinExitTime"] - row["RecycleBinEnterTime"]
            expect_equal(stays, datetime.timedelta(days=days), "how long it stays there")

    def volumes_go_into_the_bin_page_by_page(self):
        disks = {id: r for id, r in of_kind(self.state(), "disk").items() if not linked(r, "attached-to")}
        is_kept = lambda r: "recycle_bin_days" in r["attrs"]
        free = [id for id, r in disks.items() if is_kept(r)][:7] + [id for id, r in disks.items() if not is_kept(r)][:2]
        kept = free[:-2]
        self.refused(412, "DryRunOperation", self.ec2.delete_volume, VolumeId=free[0], DryRun=True)
        for id in free:
            self.ec2.delete_volume(VolumeId=id)
            self.refused(400, "InvalidVolume.NotFound", self.ec2.delete_volume, VolumeId=id)
        rows = self.by_token(self.ec2.list_volumes_in_recycle_bin, "Volumes", 5)
        expect_equal(sorted(row["VolumeId"] for row in rows), sorted(kept), "volumes in the bin")

    def permissions_are_taken_away_in_either_form(self):
        state = self.state()
        of = lambda kind, beginning, part: [
            id for id in of_kind(state, kind) if id.startswith(beginning) and part in id.split("/", 1)[1]
        ]
        image, organization = of("share", "ami-", "organization/")[0].split("/", 1)
        self.ec2.modify_image_attribute(
            ImageId=image, LaunchPermission={"Remove": [{"OrganizationArn": organization}]}
        )
        unit_of, unit = of("share", "ami-", ":ou/")[0].split("/", 1)
        asked = {"Attribute": "launchPermission", "OperationType": "remove"}
        self.ec2.modify_image_attribute(ImageId=unit_of, OrganizationalUnitArns=[unit], **asked)
        public = of("publication", "ami-", "public")[0].split("/")[0]
        self.ec2.modify_image_attribute(ImageId=public, LaunchPermission={"Remove": [{"Group": "all"}]})
        snapshot, account = of("share", "snap-", "")[0].split("/")
        self.ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, CreateVolumePermission={"Remove": [{"UserId": account}]}
        )
        published = of("publication", "snap-", "public")[0].split("/")[0]
        asked["Attribute"] = "createVolumePermission"
        self.ec2.modify_snapshot_attribute(SnapshotId=published, GroupNames=["all"], **asked)
        gone = set(state) - set(self.state())
        wanted = {("share", f"{image}/{organization}"), ("share", f"{unit_of}/{unit}"), ("share", f"{snapshot}/{account}")}
        wanted |= {("publication", f"{public}/public"), ("publication", f"{published}/public")}
        expect_equal(gone, wanted, "what is no longer shared")
        everybody = {"Remove": [{"UserId": "111122223333"}]}
        code = "InvalidAMIID.NotFound"
        self.refused(400, code, self.ec2.modify_image_attribute, ImageId="ami-none", LaunchPermission=everybody)

    def an_image_is_deregistered_with_its_snapshots(self):
        """Each snapshot has its own return code: gone, still another image's, locked."""
        state, codes = self.state(), {}
        images = of_kind(state, "image")
        users = [snapshot for image in images.values() for snapshot in linked(image, "created-from")]
        may_go = lambda r: r["attrs"]["deregistration_protection"] == "disabled" and "owned_by" not in r["attrs"]

        def code_of(snapshot):
            if state["snapshot", snapshot]["attrs"].get("locked_until"):
                return "client-error"
            return "success" if users.count(snapshot) == 1 else "skipped"

        for id, image in sorted(images.items()):
            expected = {snapshot: code_of(snapshot) for snapshot in linked(image, "created-from")}
            if not may_go(image) or set(expected.values()) <= set(codes) and "kept" in codes:
                continue
            asked = {"ImageId": id, "DeleteAssociatedSnapshots": True}
            self.refused(412, "DryRunOperation", self.ec2.deregister_image, DryRun=True, **asked)
            answer = self.ec2.deregister_image(**asked)
            found = {row["SnapshotId"]: row["ReturnCode"] for row in answer["DeleteSnapshotResults"]}
            expect(answer["Return"], "it is done")
            expect_equal(found, expected, f"return codes of {id}")
            after = self.state()
            expect(("image", id) not in after, "the image is gone")
            left = {snapshot for snapshot in expected if ("snapshot", snapshot) in after}
            expect_equal(left, {s for s, code in expected.items() if code != "success"}, "snapshots left")
            self.refused(400, "InvalidAMIID.Unavailable", self.ec2.deregister_image, ImageId=id)
            codes.update(dict.fromkeys(expected.values(), id))
            if image["attrs"].get("recycle_bin_days"):
                codes["kept"] = id
            for snapshot in linked(image, "created-from"):
                users.remove(snapshot)
        expect_equal(set(codes), {"success", "skipped", "client-error", "kept"}, "sorts of images")
        rows = self.pages("list_images_in_recycle_bin", "Images", 1)
        expect(codes["kept"] in {row["ImageId"] for row in rows}, "an image of a rule is in the bin")

    def an_image_leaves_its_snapshots_by_default(self):
        state = self.state()
        images = of_kind(state, "image")
        users = [snapshot for image in images.values() for snapshot in linked(image, "created-from")]
        for id, image in images.items():
            own = linked(image, "created-from")
            is_free = image["attrs"]["deregistration_protection"] == "disabled" and "owned_by" not in image["attrs"]
            is_alone = all(users.count(s) == 1 and "lock_state" not in state["snapshot", s]["attrs"] for s in own)
            if is_free and is_alone:
                break
        else:
            raise Failed("no image is free")
        answer = self.ec2.deregister_image(ImageId=id)
        expect_equal(answer.get("DeleteSnapshotResults", []), [], "snapshots that went")
        expect(all(("snapshot", snapshot) in self.state() for snapshot in own), "the snapshots stay")
        self.ec2.delete_snapshot(SnapshotId=own[0])
        expect(("snapshot", own[0]) not in self.state(), "and go by themselves")

    def an_instance_is_terminated_with_its_volumes(self):
        state = self.state()
        volumes = {}
        for id, disk in of_kind(state, "disk").items():
            for instance in linked(disk, "attached-to"):
                volumes.setdefault(instance, {})[id] = disk["attrs"]["delete_with_instance"]
        is_free = lambda r, _: "managed_by" not in r["attrs"] and r["id"] not in self.protected
        with_data = lambda r, s: is_free(r, s) and False in volumes[r["id"]].values() and r["state"] == "running"
        id = self.one("instance", "free, with a volume of its own", with_data)
        self.refused(412, "DryRunOperation", self.ec2.terminate_instances, InstanceIds=[id], DryRun=True)
        (told,) = self.ec2.terminate_instances(InstanceIds=[id])["TerminatingInstances"]
        states = (told["PreviousState"]["Name"], told["CurrentState"]["Name"], told["CurrentState"]["Code"])
        expect_equal((told["InstanceId"], *states), (id, "running", "shutting-down", 32), "the answer")
        after = self.state()
        for volume, goes in volumes[id].items():
            expect_equal(("disk", volume) not in after, goes, f"{volume} is gone")
            if not goes:
                (row,) = self.ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
                expect_equal((row["State"], row["Attachments"]), ("available", []), "the volume that stays")
        (reservation,) = self.ec2.describe_instances(InstanceIds=[id])["Reservations"]
        found = [(row["InstanceId"], row["State"]["Name"]) for row in reservation["Instances"]]
        expect_equal(found, [(id, "terminated")], "it is listed for a while")
        rows = [row["InstanceId"] for row in self.instances(IncludeManagedResources=True)]
        expect_equal(sorted(rows), sorted(of_kind(state, "instance")), "instances, page by page")
        self.ec2.terminate_instances(InstanceIds=[id])

    def run(self):
        in_order = [
            self.too_many_calls_are_throttled,
            self.the_sdk_asks_again_when_throttled,
            self.wrong_keys_are_refused,
            self.temporary_keys_serve_until_they_are_over,
            self.what_is_not_permitted_is_refused,
            self.another_region_is_refused,
            self.snapshots_are_listed,
            self.images_are_listed_disabled_ones_when_asked_for,
            self.volumes_are_listed_managed_ones_when_asked_for,
            self.instances_are_listed_managed_ones_when_asked_for,
            self.launch_templates_are_listed_with_every_version,
            self.launch_configurations_are_listed,
            self.permissions_are_told_of_each_image_and_snapshot,
            self.locks_are_listed,
            self.rules_of_the_bin_say_how_long_it_keeps_what,
            self.what_is_guarded_is_refused,
            self.what_is_not_there_is_refused,
            self.a_snapshot_is_deleted_for_good_or_into_the_bin,
            self.volumes_go_into_the_bin_page_by_page,
            self.permissions_are_taken_away_in_either_form,
            self.an_image_is_deregistered_with_its_snapshots,
            self.an_image_leaves_its_snapshots_by_default,
            self.an_instance_is_terminated_with_its_volumes,
        ]
        return checks.run(in_order)


if __name__ == "__main__":
    sys.exit(checks.main(lambda *arguments: Check(*arguments).run(), __doc__, 3))
