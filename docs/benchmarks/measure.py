#!/usr/bin/env python3
"""Times two commands in turn, A B A B …, as whole processes, and prints the ratio A/B pair by pair.

usage: measure.py RUNS LABEL 'COMMAND A' 'COMMAND B'

Wall and CPU seconds and peak memory are the operating system's own account of each finished process.
"""
import os
import resource
import shlex
import statistics
import sys
import time


def run(command):
    words = shlex.split(command)
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        os.execvp(words[0], words)
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 2, 5):
        sys.exit(f"{command}: exit {code}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def row(name, values, unit):
    print(f"  {name:<28} {min(values):8.3f} {statistics.median(values):8.3f} {max(values):8.3f} {unit}")


def main():
    runs, label, a, b = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    run(a)
    run(b)
    pairs = [(run(a), run(b)) for _ in range(runs)]
    print(f"{label}: {runs} pairs after one of each uncounted (min, median, max)")
    row("A wall", [x[0] for x, _ in pairs], "s")
    row("A cpu", [x[1] for x, _ in pairs], "s")
    row("A peak memory", [x[2] for x, _ in pairs], "MiB")
    row("B wall", [y[0] for _, y in pairs], "s")
    row("B cpu", [y[1] for _, y in pairs], "s")
    row("B peak memory", [y[2] for _, y in pairs], "MiB")
    row("wall A/B", [x[0] / y[0] for x, y in pairs], "")
    row("cpu A/B", [x[1] / y[1] for x, y in pairs], "")


main()
