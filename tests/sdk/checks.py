"""What the checks by vendors' clients share: how one is failed, and how they are run one after the other."""

import sys


class Failed(Exception):
    """A check that did not hold."""


def expect(condition, message):
    if not condition:
        raise Failed(message)


def expect_equal(found, wanted, what):
    if isinstance(found, dict) and isinstance(wanted, dict) and found.keys() == wanted.keys():
        for key in found:
            expect(found[key] == wanted[key], f"{what} {key}: found {found[key]!r}, expected {wanted[key]!r}")
    expect(found == wanted, f"{what}: found {found!r}, expected {wanted!r}")


def run(checks, of=""):
    """Runs them in order, prints a line of each, and ends with 1 at the first that fails."""
    for check in checks:
        name = of + check.__name__.replace("_", " ")
        try:
            check()
        except Exception as error:  # every failure is named after its check
            print(f"FAILED {name}: {type(error).__name__}: {error}", flush=True)
            return 1
        print(f"ok {name}", flush=True)
    return 0


def main(check, usage, arguments):
    """Runs a check with the arguments of the command line, of which there have to be so many."""
    if len(sys.argv) != arguments + 1:
        print(usage, file=sys.stderr)
        return 2
    return check(*sys.argv[1:])
