# SPDX-License-Identifier: GPL-2.0
"""What a guest's console tells beside the tests: an early end, splats, who granted slices."""

import re

from report.tally import Tally, check

JOB_DONE = "lab: job done"

_PANIC = "Kernel panic"
_SPLAT = re.compile(
    r"WARNING:|BUG:|Oops|INFO: (task|rcu|possible|trying|lockdep)|turning off the locking"
    r"|general protection|Unable to handle kernel|Call [Tt]race:"
)
# A report of KCSAN. Code that is inlined into the way to user space shows as the
# function that it is inlined into.
_RACE = re.compile(
    r"^={66}\nBUG: KCSAN: (?P<where>.*)\n(?P<stacks>(?:.*\n)*?)"
    r"Reported by Kernel Concurrency Sanitizer on:\n(?P<machine>(?:.*\n)*?)={66}$",
    re.MULTILINE,
)
_ON_THE_WAY = re.compile(r"exit_to_user|irqentry_|syscall_(enter|exit|trace)|do_syscall_64|el0_")
_LOCKDEP_ON = re.compile(r"^ *debug_locks: +1$", re.MULTILINE)
_REPORT = re.compile(r"# C library: (.*)$\s+.*# registration: (.*)$", re.MULTILINE)
_SYMBOL = re.compile(r"^[0-9a-f]+ [Tt] rseq_slice_grant$", re.MULTILINE)
_OPTION = re.compile(r"^CONFIG_RSEQ_RUST=y$", re.MULTILINE)


def trouble(lines: list[str]) -> str:
    """How the guest ended, unless it ended its job and itself."""
    for line in lines:
        if _PANIC in line:
            return f"died ({line.strip()})"
    return "" if JOB_DONE in lines else "stopped too early"


def quiet(console: str) -> Tally:
    """A splat is a failed test, unless it is about a data race that others have."""
    ours = _RACE.sub(lambda race: race[0] if _concerns_rseq(race) else "", console)
    return check(*(line for line in ours.splitlines() if _SPLAT.search(line)))


def _concerns_rseq(race: re.Match[str]) -> bool:
    """If another splat is inside, the report is not what it seems to be."""
    interrupted = _SPLAT.search(race["stacks"] + race["machine"])
    ours = "rseq" in race["where"] + race["stacks"] or _ON_THE_WAY.search(race["where"])
    return bool(interrupted or ours)


def watched(console: str) -> Tally:
    """Lockdep goes on until it finds a mistake or runs out of room, then says no more."""
    return check(*([] if _LOCKDEP_ON.search(console) else ["lockdep switched itself off"]))


def implementation(console: str) -> str:
    """Who grants, by the symbols of the running kernel and by its configuration."""
    symbol, option = (bool(pattern.search(console)) for pattern in (_SYMBOL, _OPTION))
    if symbol != option:
        return "unclear"
    return "Rust" if symbol else "C"


def registrations(console: str) -> str:
    """How each C library registered rseq, as our selftest libc reports it."""
    reports = (f"{library}: {said}" for library, said in _REPORT.findall(console))
    return ", ".join(reports) or "no library told its registration"
