# SPDX-License-Identifier: GPL-2.0
"""The kernel's statistics of slices, and whether they add up."""

import re

ENDINGS = {
    "syield": "ended by rseq_slice_yield(2)",
    "sabort": "ended by another system call",
    "srevok": "revoked",
}
MEANINGS = {"sgrant": "granted", **ENDINGS, "sexpir": "outlived the time limit"}


def read(console: str) -> dict[str, int]:
    """The last statistics on the console."""
    return {
        name: int(value) for name, value in re.findall(r"^(\w+): +(\d+)$", console, re.MULTILINE)
    }


def contradictions(counters: dict[str, int]) -> list[str]:
    """What speaks against every grant having ended exactly once."""
    if not counters.keys() >= MEANINGS.keys():
        return ["the guest printed no rseq statistics"]
    ended = sum(counters[name] for name in ENDINGS)
    if counters["sgrant"] != ended:
        return [f"sgrant = {counters['sgrant']}, but syield + sabort + srevok = {ended}"]
    return []


def table(counters: dict[str, int]) -> str:
    return "\n".join(
        f"  {name}  {counters[name]:>9}  {meaning}" for name, meaning in MEANINGS.items()
    )
