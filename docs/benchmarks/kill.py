#!/usr/bin/env python3
"""Kills runs of the binary at random moments and checks what is left of them.

usage: kill.py SEXTON KILLS SEED WORKERS

Each world is generated from a seed, listed and planned, and its plan is applied against an emulator of its own, every
second one with faults that leave the outcome of calls open. The process, and half of the resumes after it, get SIGKILL
after a random time. Moments depend on the seed and on the machine; a failing world is named by its seed.
"""
import collections
import concurrent.futures
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

POLICY = """version = 1

[limits]
max_steps = 10000
max_percent = 100
max_drawn = 10000

[[collect]]
name = "old-images"
kind = "image"
when = "age > duration('720h') && dependents.instance == 0"
cascade = ["share", "publication", "task"]
orphans = ["snapshot"]
wait = "2m"

[[collect]]
name = "old-builds"
kind = "image"
when = "age > duration('720h') && name.startsWith('build-')"
cascade = ["share", "publication", "task"]
orphans = ["snapshot"]
wait = "2m"
"""

CALM = "[behaviour]\nimage_deletion_ms = 300\n"

FAULTS = CALM + """
[[fault]]
operation = "*"
when = { one_in = 10 }
answer = { throttle = { retry_after_ms = 20 } }

[[fault]]
operation = "Delete*"
when = { one_in = 15 }
answer = { drop = { after_effect = true } }

[[fault]]
operation = "Modify*"
when = { one_in = 15 }
answer = { error = { after_effect = true } }
"""

CONFIG = """version = 1
[[provider]]
type = "aliyun-ecs"
name = "emulated"
regions = ["cn-hangzhou"]
endpoint = "{url}"
"""

LONGEST_WAIT = 5.0
MOST_RESUMES = 40


class Broken(Exception):
    """Something that has to hold does not."""


class World:
    """One emulator and the run of one plan against it."""

    def __init__(self, sexton, seed, folder):
        self.sexton, self.seed, self.folder = sexton, seed, folder
        self.environment = {
            "HOME": folder,
            "SEXTON_STATE_DIR": os.path.join(folder, "state"),
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "sexton-emulator",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "sexton-emulator-secret",
        }
        self.write("policy.toml", POLICY)
        self.write("faults.toml", FAULTS if seed % 2 else CALM)
        self.emulator = subprocess.Popen(
            [sexton, "emulator", "--generate", "150", "--seed", str(seed), "--faults", "faults.toml"],
            cwd=folder, env=self.environment, stdout=subprocess.PIPE, text=True)
        self.url = json.loads(self.emulator.stdout.readline())["listening"]
        self.write("sexton.toml", CONFIG.format(url=self.url))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as out:
            out.write(text)

    def begin(self, *arguments):
        return subprocess.Popen([self.sexton, *arguments], cwd=self.folder, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments):
        child = self.begin(*arguments)
        out, err = child.communicate()
        return child.returncode, out, err

    def runs(self, *arguments):
        code, out, err = self.run(*arguments)
        if code != 0:
            raise Broken(f"{arguments[0]} ended with {code}: {err}")
        return out

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return [json.loads(line) for line in answer.read().decode().splitlines()]

    def there(self):
        parts = [line["resource"] for line in self.get("/_emulator/state") if "resource" in line]
        return {"{provider}:{account}:{region}:{kind}/{id}".format(**part) for part in parts}

    def asked(self):
        """What removal calls named, as kind/id, with status and code."""
        asked = []
        for call in self.get("/_emulator/calls"):
            parameters, operation = call["parameters"], call["operation"]
            names = []
            if operation in ("DeleteSnapshot", "DeleteImage", "DeleteDisk", "DeleteInstance"):
                kind = operation.removeprefix("Delete")
                names = [f"{kind.lower()}/{parameters[kind + 'Id']}"]
            elif operation == "CancelTask":
                names = [f"task/{parameters['TaskId']}"]
            elif operation.startswith("ModifyImageShare"):
                image = parameters["ImageId"]
                if "IsPublic" in parameters:
                    names = [f"publication/{image}/public"]
                else:
                    names = [f"share/{image}/{value}" for key, value in parameters.items() if key.startswith("Remove")]
            asked.extend((name, call["status"], call["code"]) for name in names)
        return asked

    def close(self):
        self.emulator.kill()
        self.emulator.wait()


def short(address):
    return address.split(":", 3)[3]


def tries(state):
    """How many intents a step's state counts."""
    (inner,) = state.values()
    return inner.get("tries", inner)["count"]


def check_kill(world, planned):
    """Whatever the emulator was asked to remove stood in the journal before."""
    # What the process had sent is in the emulator's log a moment later, and the journal stays as it was.
    time.sleep(0.05)
    asked = {name for name, _, _ in world.asked()}
    if not os.path.exists(os.path.join(world.folder, "plan.json.journal")):
        if asked:
            raise Broken(f"no journal, and asked for {asked}")
        return None
    code, out, err = world.run("status", "plan.json.journal", "--json")
    if code != 0:
        if asked:
            raise Broken(f"the journal cannot be read ({err.strip()}), and asked for {asked}")
        return None
    status = json.loads(out)
    intended = {short(step["address"]) for step in status["steps"] if tries(step["state"]) > 0}
    if not asked <= intended:
        raise Broken(f"asked for without an intent: {sorted(asked - intended)}")
    if not asked <= planned:
        raise Broken(f"asked for outside the plan: {sorted(asked - planned)}")
    return status["counts"]


def one_world(sexton, seed, enough):
    """Runs one plan to its end through kills, and says what was seen."""
    moments = random.Random(seed)
    seen = collections.Counter()
    shares = []
    with tempfile.TemporaryDirectory() as folder:
        world = World(sexton, seed, folder)
        try:
            world.runs("inventory", "-o", "inv.jsonl")
            world.runs("plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json")
            with open(os.path.join(folder, "plan.json"), encoding="utf-8") as plan:
                addresses = {step["address"] for step in json.load(plan)["steps"]}
            planned, before = {short(address) for address in addresses}, world.there()
            apply = ("apply", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--yes")
            resume = ("resume", "plan.json.journal")
            seen["steps"] += len(addresses)
            command, attempts = apply, 0
            while True:
                attempts += 1
                if attempts > MOST_RESUMES:
                    raise Broken(f"not done after {attempts} sessions")
                child = world.begin(*command)
                if not enough.is_set() and (command is apply or moments.random() < 0.5):
                    try:
                        child.communicate(timeout=LONGEST_WAIT * moments.random() ** 1.5)
                    except subprocess.TimeoutExpired:
                        child.kill()
                        child.communicate()
                        counts = check_kill(world, planned)
                        seen["kills"] += 1
                        seen["kills with calls under way"] += bool(counts and counts["underway"])
                        if counts:
                            shares.append(1 - counts["left"] / sum(counts.values()))
                        readable = world.run("status", "plan.json.journal")[0] == 0
                        if readable:
                            command = resume
                        else:
                            # Killed while the journal was made: nothing was done, and apply begins anew.
                            seen["kills before there was a journal"] += 1
                            for name in os.listdir(folder):
                                if name.startswith("plan.json.journal"):
                                    os.remove(os.path.join(folder, name))
                        continue
                _, err = child.communicate()
                seen["sessions"] += 1
                if child.returncode == 0:
                    break
                if child.returncode != 3:
                    raise Broken(f"{command[0]} ended with {child.returncode}: {err}")
                command = resume
            after = world.there()
            gone = before - after
            if gone != addresses:
                raise Broken(f"gone and not planned: {sorted(gone - addresses)}; left: {sorted(addresses - gone)}")
            if not after <= before:
                raise Broken("something is there that was not before")
            asked = world.asked()
            if not {name for name, _, _ in asked} <= planned:
                raise Broken("something outside the plan was asked for")
            done = collections.Counter(name for name, status, _ in asked if status == 200)
            seen["removed"] += len(gone)
            seen["removal calls"] += len(asked)
            seen["accepted twice"] += sum(1 for count in done.values() if count > 1)
            seen["runs"] += 1
        finally:
            world.close()
    return seen, shares


def main():
    sexton, kills, seed, workers = os.path.abspath(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    enough, lock = threading.Event(), threading.Lock()
    total, shares, broken = collections.Counter(), [], []
    started = time.monotonic()
    seeds = iter(range(seed * 10000, seed * 10000 + 10000))

    def work():
        while not enough.is_set():
            with lock:
                world = next(seeds)
            try:
                seen, at = one_world(sexton, world, enough)
            except Broken as error:
                with lock:
                    broken.append(f"world {world}: {error}")
                    enough.set()
                return
            with lock:
                total.update(seen)
                shares.extend(at)
                if total["kills"] >= kills:
                    enough.set()

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work) for _ in range(workers)]:
            done.result()
    for name in ("kills", "kills with calls under way", "kills before there was a journal", "runs", "steps", "removed",
                 "removal calls", "accepted twice"):
        print(f"{name}: {total[name]}")
    if shares:
        quarters = statistics.quantiles(shares, n=4) if len(shares) > 1 else shares
        print("steps begun at the kill, quartiles: " + " ".join(f"{share:.0%}" for share in quarters))
    print(f"violations: {len(broken)} ({time.monotonic() - started:.0f} s)")
    for line in broken:
        print(line if len(line) < 2000 else line[:2000] + " …")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
