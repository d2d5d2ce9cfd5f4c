# SPDX-License-Identifier: GPL-2.0
"""An installation removes nothing, as apt-get's recorded simulations tell."""

import unittest

from host import installation
from host.failure import LabError
from host.installation import Plan
from tests import recorded

_TOOLS = ["cpio", "bison"]
_QEMU = ["qemu-system-x86"]

# The tools of a newer QEMU are installed, or Debian's own Rust.
_SIMULATIONS = {
    (): "",
    ("cpio", "bison"): recorded("apt_removes_nothing.txt"),
    ("cpio", "bison", "qemu-system-x86"): recorded("apt_removes_qemu_utils.txt"),
    ("qemu-system-x86",): recorded("apt_emulator_alone.txt"),
    ("cpio", "rustc-web", "cargo-web"): recorded("apt_removes_rustc.txt"),
    ("cpio",): recorded("apt_cpio.txt"),
    ("rustc-web",): recorded("apt_rustc_web.txt"),
    ("cargo-web",): recorded("apt_cargo_web.txt"),
}


def _simulate(names: list[str]) -> str:
    return _SIMULATIONS[tuple(names)]


class Outcomes(unittest.TestCase):
    def test_removal(self) -> None:
        outcome = installation.outcome(recorded("apt_removes_qemu_utils.txt"))
        self.assertEqual(outcome.removed, ("qemu-utils",))
        self.assertEqual(len(outcome.installed), 9)
        self.assertIn(("libslirp0", "4.7.0-1"), outcome.installed)

    def test_removals(self) -> None:
        outcome = installation.outcome(recorded("apt_removes_rustc.txt"))
        self.assertEqual(outcome.removed, ("cargo", "rustc"))

    def test_no_removal(self) -> None:
        outcome = installation.outcome(recorded("apt_removes_nothing.txt"))
        self.assertEqual([name for name, _ in outcome.installed], ["cpio", "bison"])
        self.assertEqual(outcome.removed, ())

    def test_upgrade(self) -> None:
        line = "Inst libfdt1 [1.6.1-4] (1.7.0-2 Debian:13.2/stable [amd64]) [libfdt-dev:amd64 ]\n"
        self.assertEqual(installation.outcome(line).installed, (("libfdt1", "1.7.0-2"),))


class Plans(unittest.TestCase):
    def test_nothing_is_in_the_way(self) -> None:
        self.assertEqual(installation.plan(_TOOLS, {}, _simulate), Plan(_TOOLS))
        self.assertEqual(
            installation.plan(["cpio"], {"x86_64": ["bison"]}, _simulate), Plan(_TOOLS)
        )

    def test_emulator_is_unpacked(self) -> None:
        plan = installation.plan(_TOOLS, {"x86_64": _QEMU}, _simulate)
        self.assertEqual(plan.install, _TOOLS)
        (names,) = plan.unpack.values()
        self.assertIn("qemu-system-x86=1:7.2+dfsg-7+deb12u18+b3", names)
        # With what it needs and is not installed.
        self.assertIn("libslirp0=4.7.0-1", names)
        self.assertEqual(len(names), 7)

    def test_emulator_is_all_that_is_missing(self) -> None:
        plan = installation.plan([], {"x86_64": _QEMU}, _simulate)
        self.assertEqual(plan.install, [])
        self.assertEqual([*plan.unpack], ["x86_64"])

    def test_other_packages_are_refused(self) -> None:
        names = ["cpio", "rustc-web", "cargo-web"]
        with self.assertRaises(LabError) as refused:
            installation.plan(names, {}, _simulate)
        self.assertEqual(
            str(refused.exception),
            "installing rustc-web cargo-web would remove cargo rustc, so nothing is installed: "
            "if that is all right, run apt-get install rustc-web cargo-web",
        )

    def test_other_packages_are_refused_with_an_emulator(self) -> None:
        with self.assertRaises(LabError):
            installation.plan(
                ["cpio", "rustc-web", "cargo-web"],
                {"x86_64": _QEMU},
                lambda names: _simulate([name for name in names if name not in _QEMU]),
            )

    def test_only_the_emulator_that_collides_is_unpacked(self) -> None:
        def simulate(names: list[str]) -> str:
            return "Remv qemu-utils [1:10.0.2]\n" if "qemu-system-arm" in names else ""

        groups = {"x86_64": _QEMU, "arm64": ["qemu-system-arm"]}
        plan = installation.plan(_TOOLS, groups, simulate)
        self.assertEqual(plan.install, [*_TOOLS, *_QEMU])
        self.assertEqual([*plan.unpack], ["arm64"])

    def test_apt_is_told_to_remove_nothing(self) -> None:
        self.assertIn("--no-remove", installation.INSTALL)
