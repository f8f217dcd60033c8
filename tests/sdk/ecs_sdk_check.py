"""Drives the vendor's own ECS client against a running emulator.

    python ecs_sdk_check.py http://127.0.0.1:PORT ACCESS_KEY_ID ACCESS_KEY_SECRET

Prints one line a check and exits with 1 at the first that fails. The world must have been generated, with some hundred
resources at least, and without faults. One image and its snapshots are deleted in it.
"""

import os
import sys
import time
from urllib.parse import urlsplit

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"

from alibabacloud_ecs20140526 import models  # noqa: E402
from alibabacloud_ecs20140526.client import Client  # noqa: E402
from alibabacloud_tea_openapi.utils_models import Config  # noqa: E402
from darabonba.exceptions import DaraException  # noqa: E402
from darabonba.runtime import RuntimeOptions  # noqa: E402

import checks  # noqa: E402
from checks import Failed, expect, expect_equal  # noqa: E402

ALL_STATUSES = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
OTHER_ACCOUNT = "1999999999999999"
DEADLINE_SECONDS = 20


class Check:
    def __init__(self, endpoint, key_id, secret):
        self.host = urlsplit(endpoint).netloc
        self.key_id = key_id
        self.client = self.client_with(secret)
        self.region = None
        self.image = None

    def client_with(self, secret):
        config = Config(
            access_key_id=self.key_id,
            access_key_secret=secret,
            region_id="cn-hangzhou",
            endpoint=self.host,
            protocol="http",
        )
        return Client(config)

    def call(self, method, request, client=None):
        """One call without retries, bounded in time; the answer's body."""
        runtime = RuntimeOptions(autoretry=False, connect_timeout=5_000, read_timeout=10_000)
        return getattr(client or self.client, f"{method}_with_options")(request, runtime).body

    def refused(self, method, request, status, code, client=None):
        """The call must be refused with that status and code; the error."""
        try:
            self.call(method, request, client)
        except DaraException as error:
            found = (getattr(error, "status_code", None), error.code)
            expect_equal(found, (status, code), f"{method} refused")
            return error
        raise Failed(f"{method} passed; expected {status} {code}")

    # In the order in which they run.

    def wrong_secret_is_refused(self):
        error = self.refused(
            "describe_regions",
            models.DescribeRegionsRequest(),
            400,
            "SignatureDoesNotMatch",
            self.client_with("not-the-secret"),
        )
        expect(getattr(error, "request_id", None), "the refusal names its request")

    def unknown_key_is_refused(self):
        config = Config(
            access_key_id="nobody", access_key_secret="x", region_id="cn-hangzhou", endpoint=self.host, protocol="http"
        )
        self.refused(
            "describe_regions", models.DescribeRegionsRequest(), 400, "InvalidAccessKeyId.NotFound", Client(config)
        )

    def regions_name_this_endpoint(self):
        regions = self.call("describe_regions", models.DescribeRegionsRequest()).regions.region
        served = [region.region_id for region in regions if region.region_endpoint == self.host]
        expect_equal(len(served), 1, "regions served here")
        self.region = served[0]

    def other_regions_are_refused(self):
        request = models.DescribeSnapshotsRequest(region_id="xx-nowhere-1")
        self.refused("describe_snapshots", request, 404, "InvalidRegionId.NotFound")

    def snapshots_page_by_token(self):
        self.snapshots, token = [], None
        while True:
            request = models.DescribeSnapshotsRequest(region_id=self.region, max_results=7, next_token=token)
            body = self.call("describe_snapshots", request)
            expect(len(body.snapshots.snapshot) <= 7, "a page is no longer than asked for")
            self.snapshots += body.snapshots.snapshot
            token = body.next_token
            if not token:
                break
        ids = {snapshot.snapshot_id for snapshot in self.snapshots}
        expect_equal(len(ids), len(self.snapshots), "distinct snapshots")
        expect(len(ids) > 14, "there are several pages of snapshots")
        expect(all(isinstance(snapshot.source_disk_size, str) for snapshot in self.snapshots), "sizes are text")

    def snapshots_page_by_number(self):
        request = models.DescribeSnapshotsRequest(region_id=self.region, page_number=2, page_size=10)
        body = self.call("describe_snapshots", request)
        expect_equal(body.total_count, len(self.snapshots), "TotalCount")
        found = [snapshot.snapshot_id for snapshot in body.snapshots.snapshot]
        expect_equal(found, [snapshot.snapshot_id for snapshot in self.snapshots[10:20]], "second page")

    def disks_and_instances_page_by_token(self):
        for method, request_type, outer, inner in [
            ("describe_disks", models.DescribeDisksRequest, "disks", "disk"),
            ("describe_instances", models.DescribeInstancesRequest, "instances", "instance"),
        ]:
            ids, token = [], None
            while True:
                body = self.call(method, request_type(region_id=self.region, max_results=10, next_token=token))
                ids += [getattr(row, f"{inner}_id") for row in getattr(getattr(body, outer), inner)]
                token = body.next_token
                if not token:
                    break
            expect(len(ids) > 10 and len(ids) == len(set(ids)), f"{method} leads through every row once")

    def images_page_by_number(self):
        self.images, number = [], 1
        while True:
            request = models.DescribeImagesRequest(
                region_id=self.region,
                image_owner_alias="self",
                status=ALL_STATUSES,
                page_number=number,
                page_size=10,
            )
            body = self.call("describe_images", request)
            self.images += body.images.image
            number += 1
            if not body.images.image:
                break
        expect_equal(len({image.image_id for image in self.images}), body.total_count, "distinct images")
        expect(body.total_count > 10, "there are several pages of images")
        expect(all(image.is_self_shared in ("True", "False") for image in self.images), "IsSelfShared is text")

    def images_default_to_available(self):
        request = models.DescribeImagesRequest(region_id=self.region, image_owner_alias="self", page_size=100)
        body = self.call("describe_images", request)
        expect_equal(
            body.total_count, sum(image.status == "Available" for image in self.images), "images without Status"
        )

    def texts_and_tags_survive_the_way(self):
        tagged = next(s for s in self.snapshots if any(not t.tag_value.isascii() for t in s.tags.tag))
        tag = next(t for t in tagged.tags.tag if not t.tag_value.isascii())
        request = models.DescribeSnapshotsRequest(
            region_id=self.region,
            snapshot_ids=f'["{tagged.snapshot_id}"]',
            tag=[models.DescribeSnapshotsRequestTag(key=tag.tag_key, value=tag.tag_value)],
        )
        found = self.call("describe_snapshots", request).snapshots.snapshot
        expect_equal([s.snapshot_id for s in found], [tagged.snapshot_id], "the snapshot by its id and tag")
        request.tag[0].value = "no such ~ value * of+this tag"
        expect_equal(self.call("describe_snapshots", request).snapshots.snapshot, [], "none by another value")

    def dry_run_answers_that_it_would_pass(self):
        request = models.DescribeInstancesRequest(region_id=self.region, dry_run=True)
        self.refused("describe_instances", request, 400, "DryRunOperation")

    def an_image_is_free(self):
        request = models.DescribeTasksRequest(region_id=self.region, page_size=100)
        busy = {task.resource_id for task in self.call("describe_tasks", request).task_set.task}
        free_snapshots = {s.snapshot_id for s in self.snapshots if s.usage == "image"}
        request = models.DescribeLockedSnapshotsRequest(region_id=self.region, max_results=100)
        free_snapshots -= {lock.snapshot_id for lock in self.call("describe_locked_snapshots", request).locked_snapshots_info}
        for image in self.images:
            own = [mapping.snapshot_id for mapping in image.disk_device_mappings.disk_device_mapping]
            holders = [
                other
                for other in self.images
                if other is not image
                and any(m.snapshot_id in own for m in other.disk_device_mappings.disk_device_mapping)
            ]
            if (
                image.status == "Available"
                and image.usage == "none"
                and image.is_self_shared == "False"
                and not image.is_public
                and image.image_id not in busy
                and own
                and free_snapshots.issuperset(own)
                and not holders
            ):
                self.image, self.own_snapshots = image, own
                return
        raise Failed("no image is free of everything")

    def sharers(self):
        request = models.DescribeImageSharePermissionRequest(region_id=self.region, image_id=self.image.image_id)
        return [account.aliyun_id for account in self.call("describe_image_share_permission", request).accounts.account]

    def modify_share(self, **change):
        request = models.ModifyImageSharePermissionRequest(
            region_id=self.region, image_id=self.image.image_id, **change
        )
        self.call("modify_image_share_permission", request)

    def delete_image_request(self):
        return models.DeleteImageRequest(region_id=self.region, image_id=self.image.image_id)

    def image_can_be_shared(self):
        self.modify_share(add_account=[OTHER_ACCOUNT])
        expect_equal(self.sharers(), [OTHER_ACCOUNT], "accounts")
        request = models.DescribeImagesRequest(region_id=self.region, image_id=self.image.image_id)
        expect_equal(self.call("describe_images", request).images.image[0].is_self_shared, "True", "IsSelfShared")

    def shared_image_is_not_deleted(self):
        self.refused("delete_image", self.delete_image_request(), 403, "ImageUseShared")
        forced = self.delete_image_request()
        forced.force = True
        self.refused("delete_image", forced, 403, "ImageUseShared")

    def snapshot_of_image_is_not_deleted(self):
        for force in (False, True):
            request = models.DeleteSnapshotRequest(snapshot_id=self.own_snapshots[0], force=force)
            self.refused("delete_snapshot", request, 403, "SnapshotCreatedImage")

    def image_can_be_unshared(self):
        self.modify_share(remove_account=[OTHER_ACCOUNT])
        expect_equal(self.sharers(), [], "accounts")

    def image_is_deleted_after_a_while(self):
        self.call("delete_image", self.delete_image_request())
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            request = models.DescribeImagesRequest(
                region_id=self.region, image_id=self.image.image_id, status=ALL_STATUSES
            )
            if not self.call("describe_images", request).images.image:
                return
            time.sleep(0.05)
        raise Failed(f"the image is still listed after {DEADLINE_SECONDS} s")

    def deleting_it_again_finds_nothing(self):
        self.refused("delete_image", self.delete_image_request(), 404, "InvalidImageId.NotFound")

    def its_snapshots_stay_until_deleted(self):
        for snapshot_id in self.own_snapshots:
            listing = models.DescribeSnapshotsRequest(region_id=self.region, snapshot_ids=f'["{snapshot_id}"]')
            found = self.call("describe_snapshots", listing).snapshots.snapshot
            expect_equal([s.snapshot_id for s in found], [snapshot_id], "the snapshot stays")
            expect_equal(found[0].usage, "none", "its usage")
            request = models.DeleteSnapshotRequest(snapshot_id=snapshot_id)
            self.call("delete_snapshot", request)
            expect_equal(self.call("describe_snapshots", listing).snapshots.snapshot, [], "the snapshot is gone")
            self.refused("delete_snapshot", request, 404, "InvalidSnapshotId.NotFound")

    def run(self):
        in_order = [
            self.wrong_secret_is_refused,
            self.unknown_key_is_refused,
            self.regions_name_this_endpoint,
            self.other_regions_are_refused,
            self.snapshots_page_by_token,
            self.snapshots_page_by_number,
            self.disks_and_instances_page_by_token,
            self.images_page_by_number,
            self.images_default_to_available,
            self.texts_and_tags_survive_the_way,
            self.dry_run_answers_that_it_would_pass,
            self.an_image_is_free,
            self.image_can_be_shared,
            self.shared_image_is_not_deleted,
            self.snapshot_of_image_is_not_deleted,
            self.image_can_be_unshared,
            self.image_is_deleted_after_a_while,
            self.deleting_it_again_finds_nothing,
            self.its_snapshots_stay_until_deleted,
        ]
        return checks.run(in_order)


if __name__ == "__main__":
    sys.exit(checks.main(lambda *arguments: Check(*arguments).run(), __doc__, 3))
