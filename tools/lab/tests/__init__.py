# SPDX-License-Identifier: GPL-2.0
"""Tests of the lab: of its verdicts on recorded logs above all. They run before any guest."""

from pathlib import Path

LAB = Path(__file__).resolve().parents[1]
DATA = Path(__file__).parent / "test_data"


def recorded(name: str) -> str:
    return (DATA / name).read_text()
