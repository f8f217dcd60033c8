"""Drives the vendor's older ECS client, which signs by V1, against a running emulator.

    python ecs_legacy_sdk_check.py http://127.0.0.1:PORT ACCESS_KEY_ID ACCESS_KEY_SECRET

Prints one line a check and exits with 1 at the first that fails. Every check runs twice: with JSON answers, which the
client asks for by default, and with XML. The world must have been generated, with some hundred resources at least, and
without faults. Two images and their snapshots are deleted in it.
"""

import json
import os
import sys
import time
import warnings
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"
warnings.simplefilter("ignore")

from aliyunsdkcore.acs_exception.exceptions import ServerException  # noqa: E402
from aliyunsdkcore.client import AcsClient  # noqa: E402
from aliyunsdkecs.request.v20140526.CancelCopyImageRequest import CancelCopyImageRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DeleteImageRequest import DeleteImageRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DeleteSnapshotRequest import DeleteSnapshotRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DescribeAutoSnapshotPolicyExRequest import (  # noqa: E402
    DescribeAutoSnapshotPolicyExRequest,
)
from aliyunsdkecs.request.v20140526.DescribeImagesRequest import DescribeImagesRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DescribeLockedSnapshotsRequest import (  # noqa: E402
    DescribeLockedSnapshotsRequest,
)
from aliyunsdkecs.request.v20140526.DescribeRegionsRequest import DescribeRegionsRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DescribeSnapshotGroupsRequest import DescribeSnapshotGroupsRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DescribeSnapshotsRequest import DescribeSnapshotsRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.DescribeTasksRequest import DescribeTasksRequest  # noqa: E402
from aliyunsdkecs.request.v20140526.ModifyImageSharePermissionRequest import (  # noqa: E402
    ModifyImageSharePermissionRequest,
)

import checks  # noqa: E402
from checks import Failed, expect, expect_equal  # noqa: E402

ALL_STATUSES = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
OTHER_ACCOUNT = "1999999999999999"
DEADLINE_SECONDS = 20


class JsonAnswer:
    """An answer in JSON: rows by the names of a list and its entries, texts by name."""

    def __init__(self, body):
        self.fields = json.loads(body)

    def rows(self, outer, inner):
        listed = self.fields[outer]
        return [JsonRow(row) for row in (listed[inner] if isinstance(listed, dict) else listed)]

    def text(self, name):
        return str(self.fields[name])


class JsonRow:
    def __init__(self, fields):
        self.fields = fields

    def text(self, name):
        value = self.fields[name]
        return str(value).lower() if isinstance(value, bool) else str(value)

    def rows(self, outer, inner):
        return [JsonRow(row) for row in self.fields[outer][inner]]


class XmlRow:
    def __init__(self, element):
        self.element = element

    def text(self, name):
        found = self.element.find(name)
        expect(found is not None, f"there is a {name}")
        return found.text or ""

    def rows(self, outer, inner):
        wrapper = self.element.find(outer)
        expect(wrapper is not None, f"there is a {outer}")
        return [XmlRow(row) for row in wrapper.findall(inner)]


class XmlAnswer(XmlRow):
    """The same in XML."""

    def __init__(self, body, action):
        element = ElementTree.fromstring(body)
        expect_equal(element.tag, f"{action}Response", "the root")
        super().__init__(element)

    def rows(self, outer, inner):
        wrappers = self.element.findall(outer)
        if len(wrappers) == 1 and wrappers[0].find(inner) is None and len(wrappers[0]):
            return [XmlRow(wrappers[0])]
        if len(wrappers) > 1:
            return [XmlRow(wrapper) for wrapper in wrappers]
        return super().rows(outer, inner) if wrappers else []


class Check:
    def __init__(self, endpoint, key_id, secret, accept):
        self.host = urlsplit(endpoint).netloc
        self.key_id, self.secret = key_id, secret
        self.accept = accept
        self.client = self.client_with(key_id, secret)
        self.region = None

    @staticmethod
    def client_with(key_id, secret):
        return AcsClient(key_id, secret, "cn-hangzhou", auto_retry=False, timeout=10)

    def call(self, request, client=None):
        """One call, bounded in time; the answer in the format that is under test."""
        request.set_endpoint(self.host)
        request.set_protocol_type("http")
        request.set_accept_format(self.accept)
        client = client or self.client
        if self.accept == "JSON":
            return JsonAnswer(client.do_action_with_exception(request))
        # The client raises errors only of JSON bodies.
        body = client.do_action(request)
        if ElementTree.fromstring(body).tag == "Error":
            raise ServerException(XmlRow(ElementTree.fromstring(body)).text("Code"), "in XML")
        return XmlAnswer(body, request.get_action_name())

    def refused(self, request, status, code, client=None):
        try:
            self.call(request, client)
        except ServerException as error:
            expect_equal(error.get_error_code(), code, "refused with")
            if self.accept == "JSON":
                expect_equal(error.get_http_status(), status, "refused with")
            return
        raise Failed(f"{request.get_action_name()} passed; expected {status} {code}")

    def all_pages(self, request, outer, inner):
        rows, number = [], 1
        while True:
            request.set_PageNumber(number)
            page = self.call(request).rows(outer, inner)
            rows += page
            number += 1
            if not page:
                return rows

    # In the order in which they run.

    def wrong_keys_are_refused(self):
        wrong = self.client_with(self.key_id, "not-the-secret")
        # The client tells a wrong secret from other mismatches by the string that the service says it signed.
        code = "InvalidAccessKeySecret" if self.accept == "JSON" else "SignatureDoesNotMatch"
        self.refused(DescribeRegionsRequest(), 400, code, wrong)
        self.refused(DescribeRegionsRequest(), 400, "InvalidAccessKeyId.NotFound", self.client_with("nobody", "x"))

    def regions_name_this_endpoint(self):
        regions = self.call(DescribeRegionsRequest()).rows("Regions", "Region")
        served = [region.text("RegionId") for region in regions if region.text("RegionEndpoint") == self.host]
        expect_equal(served, ["cn-hangzhou"], "regions served here")
        self.region = served[0]

    def other_regions_are_refused(self):
        self.refused(DescribeSnapshotsRequest(), 404, "InvalidRegionId.NotFound", self.client_of("xx-nowhere-1"))

    def client_of(self, region):
        return AcsClient(self.key_id, self.secret, region, auto_retry=False, timeout=10)

    def snapshots_page_by_token_in_both_methods(self):
        self.snapshots, token, method = [], None, "GET"
        while True:
            request = DescribeSnapshotsRequest()
            request.set_method(method)
            request.set_MaxResults(7)
            if token:
                request.set_NextToken(token)
            answer = self.call(request)
            page = answer.rows("Snapshots", "Snapshot")
            expect(len(page) <= 7, "a page is no longer than asked for")
            self.snapshots += page
            token = answer.text("NextToken")
            method = "POST" if method == "GET" else "GET"
            if not token:
                break
        ids = {snapshot.text("SnapshotId") for snapshot in self.snapshots}
        expect_equal(len(ids), len(self.snapshots), "distinct snapshots")
        expect(len(ids) > 14, "there are several pages of snapshots")

    def texts_and_tags_survive_the_way(self):
        def tags(snapshot):
            return [(tag.text("TagKey"), tag.text("TagValue")) for tag in snapshot.rows("Tags", "Tag")]

        tagged = next(s for s in self.snapshots if any(not value.isascii() for _, value in tags(s)))
        key, value = next(tag for tag in tags(tagged) if not tag[1].isascii())
        request = DescribeSnapshotsRequest()
        request.set_SnapshotIds(json.dumps([tagged.text("SnapshotId")]))
        request.set_Tags([{"Key": key, "Value": value}])
        found = self.call(request).rows("Snapshots", "Snapshot")
        expect_equal([s.text("SnapshotId") for s in found], [tagged.text("SnapshotId")], "the snapshot by its tag")
        request.set_Tags([{"Key": key, "Value": "no such ~ value * of+this tag"}])
        expect_equal(len(self.call(request).rows("Snapshots", "Snapshot")), 0, "by another value")

    def images_page_by_number(self):
        request = DescribeImagesRequest()
        request.set_ImageOwnerAlias("self")
        request.set_Status(ALL_STATUSES)
        request.set_PageSize(10)
        self.images = self.all_pages(request, "Images", "Image")
        total = self.call(request).text("TotalCount")
        expect_equal(str(len({image.text("ImageId") for image in self.images})), total, "distinct images")
        expect(len(self.images) > 10, "there are several pages of images")

    def policies_and_groups_are_listed(self):
        expect_equal(
            len(self.call(DescribeAutoSnapshotPolicyExRequest()).rows("AutoSnapshotPolicies", "AutoSnapshotPolicy")),
            0,
            "policies",
        )
        expect_equal(len(self.call(DescribeSnapshotGroupsRequest()).rows("SnapshotGroups", "SnapshotGroup")), 0, "groups")

    def an_image_is_free(self):
        request = DescribeTasksRequest()
        request.set_PageSize(100)
        busy = {task.text("ResourceId") for task in self.call(request).rows("TaskSet", "Task")}
        request = DescribeLockedSnapshotsRequest()
        request.set_MaxResults(100)
        locked = {lock.text("SnapshotId") for lock in self.call(request).rows("LockedSnapshotsInfo", "-")}
        free = {s.text("SnapshotId") for s in self.snapshots if s.text("Usage") == "image"} - locked

        def made_of(image):
            return [m.text("SnapshotId") for m in image.rows("DiskDeviceMappings", "DiskDeviceMapping")]

        for image in self.images:
            own = made_of(image)
            holders = [other for other in self.images if other is not image and set(made_of(other)) & set(own)]
            if (
                image.text("Status") == "Available"
                and image.text("Usage") == "none"
                and image.text("IsSelfShared") == "False"
                and image.text("IsPublic") == "false"
                and image.text("ImageId") not in busy
                and own
                and free.issuperset(own)
                and not holders
            ):
                self.image, self.own_snapshots = image.text("ImageId"), own
                return
        raise Failed("no image is free of everything")

    def share(self, change):
        request = ModifyImageSharePermissionRequest()
        request.set_ImageId(self.image)
        change(request)
        self.call(request)

    def delete_image(self):
        request = DeleteImageRequest()
        request.set_ImageId(self.image)
        return request

    def shared_image_and_its_snapshot_are_not_deleted(self):
        self.share(lambda request: request.set_AddAccounts([OTHER_ACCOUNT]))
        forced = self.delete_image()
        forced.set_Force(True)
        self.refused(forced, 403, "ImageUseShared")
        request = DeleteSnapshotRequest()
        request.set_SnapshotId(self.own_snapshots[0])
        request.set_Force(True)
        self.refused(request, 403, "SnapshotCreatedImage")
        self.share(lambda request: request.set_RemoveAccounts([OTHER_ACCOUNT]))

    def an_image_that_is_no_copy_is_not_cancelled(self):
        request = CancelCopyImageRequest()
        request.set_ImageId(self.image)
        self.refused(request, 400, "ImageCreatedNotFromCopy")

    def image_is_deleted_after_a_while(self):
        self.call(self.delete_image())
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            request = DescribeImagesRequest()
            request.set_ImageId(self.image)
            request.set_Status(ALL_STATUSES)
            if not self.call(request).rows("Images", "Image"):
                self.refused(self.delete_image(), 404, "InvalidImageId.NotFound")
                return
            time.sleep(0.05)
        raise Failed(f"the image is still listed after {DEADLINE_SECONDS} s")

    def its_snapshots_are_deleted(self):
        for snapshot in self.own_snapshots:
            request = DeleteSnapshotRequest()
            request.set_SnapshotId(snapshot)
            self.call(request)
            self.refused(request, 404, "InvalidSnapshotId.NotFound")

    def run(self):
        in_order = [
            self.wrong_keys_are_refused,
            self.regions_name_this_endpoint,
            self.other_regions_are_refused,
            self.snapshots_page_by_token_in_both_methods,
            self.texts_and_tags_survive_the_way,
            self.images_page_by_number,
            self.policies_and_groups_are_listed,
            self.an_image_is_free,
            self.shared_image_and_its_snapshot_are_not_deleted,
            self.an_image_that_is_no_copy_is_not_cancelled,
            self.image_is_deleted_after_a_while,
            self.its_snapshots_are_deleted,
        ]
        return checks.run(in_order, f"{self.accept}: ")


def in_both_forms(*arguments):
    return Check(*arguments, "JSON").run() or Check(*arguments, "XML").run()


if __name__ == "__main__":
    sys.exit(checks.main(in_both_forms, __doc__, 3))
