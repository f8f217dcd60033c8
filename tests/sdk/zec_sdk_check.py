"""Drives the vendor's own ZEC client against a running emulator.

    python zec_sdk_check.py http://127.0.0.1:PORT ACCESS_KEY_ID ACCESS_KEY_PASSWORD TOKEN

Prints one line a check and exits with 1 at the first that fails. The world must have been generated, with some hundred
resources at least, without a recycle bin and without faults. A snapshot, a disk, an image, an instance and an auto
snapshot policy are removed in it.
"""

import os
import sys
import time
from datetime import datetime
from urllib.parse import urlsplit

for name in ("HTTP_PROXY", "http_proxy"):
    os.environ.pop(name, None)
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"

from zenlayercloud.common.config import Config  # noqa: E402
from zenlayercloud.common.credential import Credential, TokenCredential  # noqa: E402
from zenlayercloud.common.excpetion.zenlayer_cloud_sdk_exception import ZenlayerCloudSdkException  # noqa: E402
from zenlayercloud.zec.v20240401 import models as older_models  # noqa: E402
from zenlayercloud.zec.v20240401.zec_client import ZecClient as OlderClient  # noqa: E402
from zenlayercloud.zec.v20250901 import models  # noqa: E402
from zenlayercloud.zec.v20250901.zec_client import ZecClient  # noqa: E402

import checks  # noqa: E402
from checks import Failed, expect, expect_equal  # noqa: E402

DEADLINE_SECONDS = 20
MISSING = "no-such-id"


def request(kind, **members):
    made = kind()
    for name, value in members.items():
        expect(hasattr(made, name), f"the SDK's {kind.__name__} has a member {name}")
        setattr(made, name, value)
    return made


class Check:
    def __init__(self, endpoint, key_id, password, token):
        self.config = Config(scheme="http", domain=urlsplit(endpoint).netloc, request_timeout=10)
        self.key_id, self.password, self.token = key_id, password, token
        self.client = ZecClient(Credential(key_id, password), self.config)

    def refused(self, client, method, asked, code):
        """The call must be refused with that code."""
        try:
            getattr(client, method)(asked)
        except ZenlayerCloudSdkException as error:
            expect_equal(error.code, code, f"{method} refused")
            expect(error.request_id, "the refusal names its request")
            return
        raise Failed(f"{method} passed; expected {code}")

    def all(self, method, kind, size=20, **filters):
        """Every row of a listing."""
        rows, number = [], 1
        while True:
            answer = getattr(self.client, method)(request(kind, pageNum=number, pageSize=size, **filters))
            rows += answer.dataSet
            if len(rows) >= answer.totalCount:
                expect_equal(len(rows), answer.totalCount, f"rows of {method}")
                return rows
            expect_equal(len(answer.dataSet), size, "rows of a page")
            number += 1

    def until_gone(self, method, kind, **filters):
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            if not self.all(method, kind, **filters):
                return
            time.sleep(0.05)
        raise Failed(f"{filters} is still listed after {DEADLINE_SECONDS} s")

    # In the order in which they run.

    def wrong_password_is_refused(self):
        client = ZecClient(Credential(self.key_id, "not-the-password"), self.config)
        self.refused(client, "DescribeZones", models.DescribeZonesRequest(), "AUTHFAILURE_SIGNATURE_FAILURE")

    def unknown_key_is_refused(self):
        client = ZecClient(Credential("nobody", "x"), self.config)
        self.refused(client, "DescribeZones", models.DescribeZonesRequest(), "AUTHFAILURE_INVALID_AUTHORIZATION")

    def token_is_as_good_as_a_key(self):
        client = ZecClient(TokenCredential(self.token), self.config)
        expect(client.DescribeZones(models.DescribeZonesRequest()).zoneSet, "zones by a token")
        client = ZecClient(TokenCredential("not-the-token"), self.config)
        self.refused(client, "DescribeZones", models.DescribeZonesRequest(), "AUTHFAILURE_INVALID_AUTHORIZATION")

    def zones_have_regions(self):
        zones = self.client.DescribeZones(models.DescribeZonesRequest()).zoneSet
        self.zones = {zone.zoneId: zone.regionId for zone in zones}
        expect(len(self.zones) > 1 and all(self.zones.values()), "several zones, each in a region")

    def every_listing_leads_through_every_row_once(self):
        self.rows = {}
        for method, kind, id_of in [
            ("DescribeSnapshots", models.DescribeSnapshotsRequest, "snapshotId"),
            ("DescribeDisks", models.DescribeDisksRequest, "diskId"),
            ("DescribeCustomImages", models.DescribeCustomImagesRequest, "imageId"),
            ("DescribeInstances", models.DescribeInstancesRequest, "instanceId"),
            ("DescribeAutoSnapshotPolicies", models.DescribeAutoSnapshotPoliciesRequest, "autoSnapshotPolicyId"),
        ]:
            rows = {getattr(row, id_of): row for row in self.all(method, kind, 7)}
            expect_equal(len(rows), len(self.all(method, kind, 100)), f"distinct rows of {method}")
            expect(rows, f"{method} finds something")
            self.rows[id_of] = rows

    def zones_and_ids_are_filters(self):
        found = 0
        for zone in self.zones:
            rows = self.all("DescribeSnapshots", models.DescribeSnapshotsRequest, zoneId=zone)
            expect(all(row.zoneId == zone for row in rows), "rows are of the zone")
            found += len(rows)
        expect_equal(found, len(self.rows["snapshotId"]), "snapshots of all zones")
        some = sorted(self.rows["snapshotId"])[:2]
        rows = self.all("DescribeSnapshots", models.DescribeSnapshotsRequest, snapshotIds=[*some, MISSING])
        expect_equal([row.snapshotId for row in rows], some, "those of the ids that are there")

    def rows_read_as_the_sdk_reads_them(self):
        snapshot = next(iter(self.rows["snapshotId"].values()))
        datetime.strptime(snapshot.createTime, "%Y-%m-%dT%H:%M:%SZ")
        expect(snapshot.snapshotType in ("Auto", "Manual"), "the type of a snapshot")
        expect(snapshot.resourceGroup.resourceGroupId, "its resource group")
        disk = next(disk for disk in self.rows["diskId"].values() if disk.tags.tags)
        expect(disk.diskType in ("SYSTEM", "DATA") and isinstance(disk.diskSize, int), "a disk")
        expect_equal(self.zones[disk.zoneId], disk.regionId, "its region")
        expect(all(tag.key and tag.value for tag in disk.tags.tags), "its tags")
        image = next(iter(self.rows["imageId"].values()))
        expect(isinstance(image.imageSize, str) and image.regionIdList, "an image")
        instance = next(iter(self.rows["instanceId"].values()))
        expect(instance.systemDisk.diskId in self.rows["diskId"], "its boot disk is a disk")

    def the_older_version_has_less(self):
        client = OlderClient(Credential(self.key_id, self.password), self.config)
        rows = client.DescribeSnapshots(request(older_models.DescribeSnapshotsRequest, pageSize=5)).dataSet
        expect_equal(len(rows), 5, "snapshots by the older version")
        self.client._api_version = "2024-04-01"
        try:
            asked = models.DescribeCustomImagesRequest()
            self.refused(self.client, "DescribeCustomImages", asked, "AUTHFAILURE_UNAUTHORIZED_OPERATION")
        finally:
            del self.client._api_version

    def snapshots_are_deleted_by_list(self):
        kind, rows = models.DeleteSnapshotsRequest, self.rows["snapshotId"].values()
        free = [row.snapshotId for row in rows if row.status == "AVAILABLE"][:2]
        busy = next(row.snapshotId for row in rows if row.status == "CREATING")
        self.refused(self.client, "DeleteSnapshots", request(kind, snapshotIds=[busy]), "OPERATION_DENIED_DISK_SNAPSHOT_STATUS")
        self.refused(self.client, "DeleteSnapshots", request(kind, snapshotIds=[MISSING]), "INVALID_DISK_SNAPSHOT_NOT_FOUND")
        answer = self.client.DeleteSnapshots(request(kind, snapshotIds=[*free, busy]))
        expect_equal(answer.snapshotIds, [busy], "what failed")
        self.until_gone("DescribeSnapshots", models.DescribeSnapshotsRequest, snapshotIds=free)

    def images_are_deleted_by_list(self):
        kind, rows = models.DeleteImagesRequest, self.rows["imageId"].values()
        free = next(row.imageId for row in rows if row.imageStatus == "AVAILABLE")
        busy = next(row.imageId for row in rows if row.imageStatus == "SYNCING")
        self.refused(self.client, "DeleteImages", request(kind, imageIds=[busy]), "INVALID_IMAGE_STATUS")
        expect_equal(self.client.DeleteImages(request(kind, imageIds=[free])).imageIds, [], "what failed")
        self.until_gone("DescribeCustomImages", models.DescribeCustomImagesRequest, imageIds=[free])
        self.refused(self.client, "DeleteImages", request(kind, imageIds=[free]), "INVALID_IMAGE_NOT_FOUND")

    def disks_are_released_one_by_one(self):
        kind, rows = models.ReleaseDiskRequest, self.rows["diskId"].values()
        boot = next(row.diskId for row in rows if row.diskType == "SYSTEM")
        self.refused(self.client, "ReleaseDisk", request(kind, diskId=boot), "UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE")
        used = next(row.diskId for row in rows if row.diskType == "DATA" and row.diskStatus == "IN_USE")
        self.refused(self.client, "ReleaseDisk", request(kind, diskId=used), "UNSUPPORTED_OPERATION_DISK_STATUS")
        free = next(row.diskId for row in rows if row.diskStatus == "AVAILABLE")
        self.client.ReleaseDisk(request(kind, diskId=free))
        self.until_gone("DescribeDisks", models.DescribeDisksRequest, diskIds=[free])
        self.refused(self.client, "ReleaseDisk", request(kind, diskId=free), "INVALID_DISK_NOT_FOUND")

    def a_released_instance_takes_its_boot_disk_along_and_leaves_the_other(self):
        instance = next(
            row for row in self.rows["instanceId"].values() if row.dataDisks and row.status in ("RUNNING", "STOPPED")
        )
        boot, data = instance.systemDisk.diskId, [disk.diskId for disk in instance.dataDisks]
        asked = request(models.ReleaseInstancesRequest, instanceIds=[instance.instanceId], dependResource=False)
        expect_equal(self.client.ReleaseInstances(asked).instanceIds, [], "what failed")
        self.until_gone("DescribeInstances", models.DescribeInstancesRequest, instanceIds=[instance.instanceId])
        left = self.all("DescribeDisks", models.DescribeDisksRequest, diskIds=[boot, *data])
        expect_equal([disk.diskId for disk in left], sorted(data), "disks that are left")
        expect(all(disk.diskStatus == "AVAILABLE" and not disk.instanceId for disk in left), "they are detached")

    def policies_are_deleted(self):
        kind, policy = models.DeleteAutoSnapshotPoliciesRequest, next(iter(self.rows["autoSnapshotPolicyId"]))
        self.client.DeleteAutoSnapshotPolicies(request(kind, autoSnapshotPolicyIds=[policy]))
        listing = models.DescribeAutoSnapshotPoliciesRequest
        self.until_gone("DescribeAutoSnapshotPolicies", listing, autoSnapshotPolicyIds=[policy])
        asked = request(kind, autoSnapshotPolicyIds=[policy])
        self.refused(self.client, "DeleteAutoSnapshotPolicies", asked, "INVALID_AUTO_SNAPSHOT_POLICY_NOT_FOUND")

    def run(self):
        in_order = [
            self.wrong_password_is_refused,
            self.unknown_key_is_refused,
            self.token_is_as_good_as_a_key,
            self.zones_have_regions,
            self.every_listing_leads_through_every_row_once,
            self.zones_and_ids_are_filters,
            self.rows_read_as_the_sdk_reads_them,
            self.the_older_version_has_less,
            self.snapshots_are_deleted_by_list,
            self.images_are_deleted_by_list,
            self.disks_are_released_one_by_one,
            self.a_released_instance_takes_its_boot_disk_along_and_leaves_the_other,
            self.policies_are_deleted,
        ]
        return checks.run(in_order)


if __name__ == "__main__":
    sys.exit(checks.main(lambda *arguments: Check(*arguments).run(), __doc__, 4))
