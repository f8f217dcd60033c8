"""Drives the vendor's own ICE client against a running emulator of live snapshots.

    python ice_sdk_check.py http://127.0.0.1:PORT ACCESS_KEY_ID ACCESS_KEY_SECRET OBJECTS

Prints one line a check and exits with 1 at the first that fails. The world must have been generated, with some hundred
resources at least, and without faults; OBJECTS is the folder in which the emulator keeps its objects. Some files of one
job are deleted in it.
"""

import datetime
import os
import sys
from urllib.parse import urlsplit

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "*"

from alibabacloud_ice20201109 import models  # noqa: E402
from alibabacloud_ice20201109.client import Client  # noqa: E402
from alibabacloud_tea_openapi.utils_models import Config  # noqa: E402
from darabonba.exceptions import DaraException  # noqa: E402
from darabonba.runtime import RuntimeOptions  # noqa: E402

import checks  # noqa: E402
from checks import Failed, expect, expect_equal  # noqa: E402

SECONDS = "%Y-%m-%dT%H:%M:%SZ"
DAY = datetime.timedelta(days=1)


def written(instant):
    return instant.strftime(SECONDS)


class Check:
    def __init__(self, endpoint, key_id, secret, objects):
        self.host = urlsplit(endpoint).netloc
        self.key_id = key_id
        self.client = self.client_with(secret)
        self.objects = objects
        self.now = datetime.datetime.now(datetime.timezone.utc)

    def client_with(self, secret):
        config = Config(
            access_key_id=self.key_id,
            access_key_secret=secret,
            region_id="cn-shanghai",
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

    def files_of(self, job, start, end, limit):
        """Every file of a job within a day, page by page."""
        found = {}
        while start:
            request = models.ListLiveSnapshotFilesRequest(
                job_id=job, start_time=start, end_time=end, limit=limit, sort_by="asc"
            )
            body = self.call("list_live_snapshot_files", request)
            expect(len(body.file_list) <= limit, "a page is no longer than asked for")
            found.update({file.create_timestamp: file for file in body.file_list})
            expect(body.next_start_time is None or body.next_start_time > start, "NextStartTime advances")
            start = body.next_start_time
        return found

    def first_files_of(self, job):
        start = datetime.datetime.strptime(job.create_time, SECONDS)
        while start < self.now.replace(tzinfo=None):
            found = self.files_of(job.job_id, written(start), written(start + DAY), 100)
            if found:
                return start, found
            start += DAY
        return start, {}

    def object_of(self, file):
        return os.path.join(self.objects, file.oss_bucket, *file.oss_object.split("/"))

    def deletion(self, timestamps, **more):
        return models.DeleteLiveSnapshotFilesRequest(
            job_id=self.job.job_id, create_timestamp_list=timestamps, **more
        )

    # In the order in which they run.

    def wrong_secret_is_refused(self):
        request = models.ListLiveSnapshotJobsRequest()
        client = self.client_with("not-the-secret")
        error = self.refused("list_live_snapshot_jobs", request, 400, "SignatureDoesNotMatch", client)
        expect(getattr(error, "request_id", None), "the refusal names its request")

    def jobs_are_listed_by_months(self):
        self.jobs, end = {}, self.now
        for _ in range(6):
            start, number = end - 30 * DAY, 1
            while True:
                request = models.ListLiveSnapshotJobsRequest(
                    start_time=written(start), end_time=written(end), page_no=number, page_size=2, sort_by="asc"
                )
                body = self.call("list_live_snapshot_jobs", request)
                self.jobs.update({job.job_id: job for job in body.job_list})
                if not body.job_list:
                    break
                number += 1
            end = start
        expect(len(self.jobs) > 1, "there are several jobs")
        for job in self.jobs.values():
            expect(job.status in ("init", "paused", "started"), f"status {job.status}")
            expect_equal(job.snapshot_output.storage_type, "oss", "storage type")

    def longer_spans_are_refused(self):
        request = models.ListLiveSnapshotJobsRequest(
            start_time=written(self.now - 31 * DAY), end_time=written(self.now)
        )
        self.refused("list_live_snapshot_jobs", request, 400, "EndTimeMismatch")
        job = next(iter(self.jobs))
        request = models.ListLiveSnapshotFilesRequest(
            job_id=job, start_time=written(self.now - 2 * DAY), end_time=written(self.now)
        )
        self.refused("list_live_snapshot_files", request, 400, "EndTimeMismatch")

    def a_job_tells_of_itself(self):
        for job in self.jobs.values():
            body = self.call("get_live_snapshot_job", models.GetLiveSnapshotJobRequest(job_id=job.job_id))
            expect_equal((body.job_id, body.create_time), (job.job_id, job.create_time), "the job")
            expect(body.last_modified >= body.create_time, "it was modified after it was made")
            expect_equal(body.stream_input.type, "rtmp", "its stream")
        request = models.GetLiveSnapshotJobRequest(job_id="no-such-job")
        self.refused("get_live_snapshot_job", request, 404, "JobNotFound")

    def files_page_by_time(self):
        self.job = None
        for job in self.jobs.values():
            start, found = self.first_files_of(job)
            if len(found) < 12 or next(iter(found.values())).is_overlay:
                continue
            again = self.files_of(job.job_id, written(start), written(start + DAY), 5)
            expect_equal(sorted(again), sorted(found), "files by pages of five")
            self.job, self.start, self.files = job, start, found
            break
        expect(self.job, "a job has a dozen files in a day")
        expect(all(os.path.isfile(self.object_of(file)) for file in self.files.values()), "each file has its object")

    def files_of_no_job_are_refused(self):
        request = models.ListLiveSnapshotFilesRequest(
            job_id="no-such-job", start_time=written(self.start), end_time=written(self.start)
        )
        self.refused("list_live_snapshot_files", request, 404, "JobNotFound")

    def each_deleted_file_has_a_result(self):
        gone = sorted(self.files)[:3]
        results = self.call("delete_live_snapshot_files", self.deletion([*gone, 17])).delete_file_result_list
        found = {result.create_timestamp: result.result for result in results}
        expect_equal(found, {**{at: "OK" for at in gone}, 17: "NotFound"}, "results")
        expect(all(os.path.isfile(self.object_of(self.files[at])) for at in gone), "the objects stay")

    def originals_go_when_asked(self):
        gone = sorted(self.files)[3:6]
        request = self.deletion(gone, delete_original_file=True)
        results = self.call("delete_live_snapshot_files", request).delete_file_result_list
        expect_equal([result.result for result in results], ["OK"] * 3, "results")
        expect(not any(os.path.exists(self.object_of(self.files[at])) for at in gone), "the objects are gone")
        left = self.files_of(self.job.job_id, written(self.start), written(self.start + DAY), 100)
        expect_equal(sorted(left), sorted(self.files)[6:], "files left")

    def nothing_to_delete_is_refused(self):
        self.refused("delete_live_snapshot_files", self.deletion([17]), 404, "NoValidSnapshot")
        self.refused("delete_live_snapshot_files", self.deletion(list(range(201))), 400, "InvalidParameter")
        request = models.DeleteLiveSnapshotFilesRequest(job_id="no-such-job", create_timestamp_list=[17])
        self.refused("delete_live_snapshot_files", request, 404, "JobNotFound")

    def overlay_files_are_refused(self):
        for job in self.jobs.values():
            _, found = self.first_files_of(job)
            overlay = [at for at, file in found.items() if file.is_overlay]
            if overlay:
                request = models.DeleteLiveSnapshotFilesRequest(
                    job_id=job.job_id, create_timestamp_list=overlay[:2], delete_original_file=True
                )
                self.refused("delete_live_snapshot_files", request, 400, "OverlayNotSupported")
                expect(os.path.isfile(self.object_of(found[overlay[0]])), "the object stays")
                return
        raise Failed("no job has overlay files")

    def a_job_is_stopped_and_started(self):
        for command, status in [("restart", "started"), ("stop", "paused")]:
            request = models.SendLiveSnapshotJobCommandRequest(job_id=self.job.job_id, command=command)
            self.call("send_live_snapshot_job_command", request)
            body = self.call("get_live_snapshot_job", models.GetLiveSnapshotJobRequest(job_id=self.job.job_id))
            expect_equal(body.status, status, f"status after {command}")

    def run(self):
        in_order = [
            self.wrong_secret_is_refused,
            self.jobs_are_listed_by_months,
            self.longer_spans_are_refused,
            self.a_job_tells_of_itself,
            self.files_page_by_time,
            self.files_of_no_job_are_refused,
            self.each_deleted_file_has_a_result,
            self.originals_go_when_asked,
            self.nothing_to_delete_is_refused,
            self.overlay_files_are_refused,
            self.a_job_is_stopped_and_started,
        ]
        return checks.run(in_order)


if __name__ == "__main__":
    sys.exit(checks.main(lambda *arguments: Check(*arguments).run(), __doc__, 4))
