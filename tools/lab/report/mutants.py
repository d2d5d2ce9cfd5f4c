# SPDX-License-Identifier: GPL-2.0
"""Mutants of the concepts, and which of them change nothing."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from report.tally import Tally

DELETED = "delete the statement"


@dataclass(frozen=True)
class Mutant:
    file: str
    line: str
    """The text, without indentation: numbers do not stay the same for long."""
    mutation: str

    def __str__(self) -> str:
        return f"{self.file}: {self.mutation}: {self.line}"


_SET = "AREA_SLICE_EXT_AVAILABLE | AREA_SLICE_EXT_ENABLED"
EQUIVALENT = {
    Mutant("rust/abi.rs", f"pub(crate) const {name} = 1 << 0;", "replace << with >>")
    for name in ("REGISTER_UNREGISTER: u32", "PRCTL_ENABLE: usize")
} | {
    Mutant(file, _SET, "replace | with ^")
    for file in ("rust/registration.rs", "rust/slice/prctl.rs")
}
"""Documentation/dev/mutants.rst tells why."""

_LISTED = re.compile(r".*/(rust/[\w/]+\.rs):(\d+):\d+: (.*?)(?: in \w+)?$")
_STATEMENT = re.compile(r" +(?!(?:let|return|use|pub|mod)\b)[a-z_][\w.:]*!?\(.*\)\??;")


def listed(said: str) -> list[tuple[str, int, str]]:
    """File, line number and mutation of each mutant in a list of cargo-mutants."""
    found = (_LISTED.fullmatch(line) for line in said.splitlines())
    return [(match[1], int(match[2]), match[3]) for match in found if match]


def statements(source: str) -> Iterator[int]:
    """Numbers of the lines that are a call for its effect, which cargo-mutants does not delete."""
    for number, line in enumerate(source.splitlines(), 1):
        if _STATEMENT.fullmatch(line):
            yield number


def judge(found: int, survivors: Iterable[Mutant]) -> Tally:
    """Who survives changes nothing, and who changes nothing survives."""
    survived = set(survivors)
    missed = [f"not found: {mutant}" for mutant in survived - EQUIVALENT]
    wrong = [f"found, so it does change something: {mutant}" for mutant in EQUIVALENT - survived]
    problems = sorted([*missed, *wrong])
    return Tally(found, len(problems), len(survived & EQUIVALENT), tuple(problems))
