#!/usr/bin/env python3
"""Lists an emulated region and counts the calls; see listing.sh.

usage: listing.py SEXTON RESOURCES CALLS_PER_SECOND RUNS [BEFORE]
"""
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PAGE = {
    "DescribeSnapshots": 100,
    "DescribeLockedSnapshots": 100,
    "DescribeImages": 100,
    "DescribeImageSharePermission": 100,
    "DescribeDisks": 500,
    "DescribeInstances": 100,
    "DescribeTasks": 100,
    "DescribeLaunchTemplates": 50,
    "DescribeLaunchTemplateVersions": 50,
    "DescribeScalingConfigurations": 50,
}


def pages(rows, size):
    return max(1, -(-rows // size))


def fewest(world):
    """The fewest calls of each operation for a world: one for each page, and one where there is nothing."""
    kinds = collections.Counter()
    locked = 0
    shared = collections.Counter()
    for line in world:
        resource = json.loads(line).get("resource")
        if not resource:
            continue
        kinds[resource["kind"]] += 1
        locked += resource["kind"] == "snapshot" and "lock_status" in (resource["attrs"] or {})
        if resource["kind"] == "share":
            shared[resource["links"][0]["id"]] += 1
    rows = {
        "DescribeSnapshots": kinds["snapshot"],
        "DescribeLockedSnapshots": locked,
        "DescribeImages": kinds["image"],
        "DescribeDisks": kinds["disk"],
        "DescribeInstances": kinds["instance"],
        "DescribeTasks": kinds["task"],
        "DescribeLaunchTemplates": kinds["launch-template"],
        "DescribeScalingConfigurations": kinds["scaling-configuration"],
    }
    calls = {operation: pages(count, PAGE[operation]) for operation, count in rows.items()}
    # Groups are in every answer; accounts are paged. No template of these worlds has 50 versions.
    calls["DescribeImageSharePermission"] = sum(pages(count, 100) for count in shared.values())
    calls["DescribeLaunchTemplateVersions"] = kinds["launch-template"]
    return sum(kinds.values()), calls


def get(url, path):
    with urllib.request.urlopen(url + path) as answer:
        return answer.read().decode().splitlines()


def peak(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def watch(pid, peaks):
    """Follows a process's own peak: what wait4 tells begins with that of the process that made it."""
    try:
        while True:
            peaks.append(peak(pid))
            time.sleep(0.02)
    except (OSError, StopIteration):
        return


def run(binary, emulator, folder):
    """One listing: seconds, peak memory, calls by operation and whether throttled."""
    seen = len(get(emulator["listening"], "/_emulator/calls"))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": folder,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator["access_key_id"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator["access_key_secret"],
    }
    output = os.path.join(folder, "inv.jsonl")
    start = time.monotonic()
    child = subprocess.Popen(
        [os.path.abspath(binary), "inventory", "-c", os.path.join(folder, "sexton.toml"), "-o", output],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    peaks = []
    watcher = threading.Thread(target=watch, args=(child.pid, peaks))
    watcher.start()
    said = child.stderr.read()
    code = child.wait()
    wall = time.monotonic() - start
    watcher.join()
    if code != 0:
        sys.exit(said)
    answered, throttled = collections.Counter(), collections.Counter()
    for line in get(emulator["listening"], "/_emulator/calls")[seen:]:
        call = json.loads(line)
        (answered if call["status"] == 200 else throttled)[call["operation"]] += 1
    with open(output) as lines:
        found = sum(line.startswith('{"resource"') for line in lines)
    return wall, max(peaks), answered, throttled, found, said.strip().splitlines()


def main():
    sexton, resources, rate, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    binaries = {"now": sexton}
    if len(sys.argv) > 5:
        binaries["before"] = sys.argv[5]
    with tempfile.TemporaryDirectory() as folder:
        faults = os.path.join(folder, "faults.toml")
        with open(faults, "w") as out:
            for operation in PAGE:
                out.write(f'[[quota]]\noperation = "{operation}"\ncalls = {rate}\nper_ms = 1000\nretry_after = true\n')
        server = subprocess.Popen(
            [os.environ.get("EMULATOR", sexton), "emulator", "--listen", "127.0.0.1:0", "--generate", str(resources), "--seed", "1", "--faults", faults],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            emulator = json.loads(server.stdout.readline())
            with open(os.path.join(folder, "sexton.toml"), "w") as out:
                out.write(
                    'version = 1\n[[provider]]\ntype = "aliyun-ecs"\nname = "emulated"\nregions = ["cn-hangzhou"]\n'
                    f'endpoint = "{emulator["listening"]}"\n'
                )
            total, least = fewest(get(emulator["listening"], "/_emulator/state"))
            print(f"{total} resources, {rate} calls a second of each operation")
            failed = False
            walls, peaks = collections.defaultdict(list), collections.defaultdict(list)
            for _ in range(runs):
                for name, binary in binaries.items():
                    wall, memory, answered, throttled, found, said = run(binary, emulator, folder)
                    walls[name].append(wall)
                    peaks[name].append(memory)
                    print(f"{name}: {wall:.1f} s, peak memory {memory:.0f} MiB, {found} resources; {said[-1]}")
                    for operation, fewest_calls in least.items():
                        extra = answered[operation] - fewest_calls
                        print(f"  {operation:<32} {answered[operation]:6} of {fewest_calls:6}, {throttled[operation]:5} throttled")
                        failed |= name == "now" and extra != 0
                    failed |= name == "now" and (found != total or "incomplete" in said[-1])
            print(f"peak memory of the emulator: {peak(server.pid):.0f} MiB")
            if "before" in binaries:
                for what, of in (("wall", walls), ("peak memory", peaks)):
                    ratio = statistics.median(of["now"]) / statistics.median(of["before"])
                    print(f"{what}, now / before: {ratio:.2f}")
            sys.exit(1 if failed else 0)
        finally:
            server.terminate()
            server.wait()


main()
