# SPDX-License-Identifier: GPL-2.0
"""Each flavour has a configuration and jobs, and a guest gets all of its parameters."""

import unittest

from build import kernel
from guest.initramfs import ROOTFS
from host.arch import ARM64, X86_64
from steps import build_checks, flavours

_FRAGMENTS = kernel.CONFIGS / "flavours"
_LONGEST = 2048
"""What x86_64 and arm64 keep of a command line."""


class Flavours(unittest.TestCase):
    def test_fragments(self) -> None:
        """None is missing, and none is of a flavour or an architecture that is not there."""
        arches = {"", X86_64.name, ARM64.name}
        named = {
            tuple(path.name.removesuffix(".config").partition(".")[::2])
            for path in _FRAGMENTS.iterdir()
        }
        plain = {name for name, arch in named if not arch}
        self.assertEqual(plain, {*flavours.FLAVOURS, "distro"})
        for name, arch in named:
            with self.subTest(flavour=name, arch=arch):
                self.assertIn(name, plain)
                self.assertIn(arch, arches)

    def test_jobs(self) -> None:
        jobs = {path.name for path in (ROOTFS / "jobs").iterdir()}
        used = {boot.job for boots in flavours.FLAVOURS.values() for boot in boots}
        self.assertEqual(used - jobs, set())

    def test_jobs_that_name_the_state_of_lockdep(self) -> None:
        said = {
            path.name for path in (ROOTFS / "jobs").iterdir() if "debug_locks" in path.read_text()
        }
        self.assertEqual(said, flavours._WITH_LOCKDEP)

    def test_every_entry_point_is_probed(self) -> None:
        (boot,) = (boot for boot in flavours.FLAVOURS["tracing"] if boot.job == "probes")
        name, _, value = boot.parameter.partition("=")
        self.assertEqual(name, "entry_points")
        self.assertEqual(tuple(value.split(",")), build_checks.ENTRY_POINTS)

    def test_parameters_fit(self) -> None:
        for boots in flavours.FLAVOURS.values():
            for boot in boots:
                self.assertLess(len(boot.parameter), _LONGEST / 2)
