# SPDX-License-Identifier: GPL-2.0
"""What a user can get wrong ends in one line that says what is wrong and what to do."""

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from tests import LAB

_NOT_INHERITED = (
    "ARCH",
    "CACHE",
    "KERNEL",
    "KERNEL_SRC",
    "RSEQ_RUST",
    "SHARE",
    "TOOLCHAIN",
    "TREE",
)
_GIVE_UP = 120
"""Seconds after which a command that should have complained hangs."""


class Complaints(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.here = Path(directory.name)

    def assert_complains(self, command: str, complaint: str, **variables: object) -> None:
        variables = {"CACHE": self.here / "cache", **variables}
        with self.subTest(command=command, **variables):
            lab = self.start(command, **variables)
            said, complained = lab.communicate(timeout=_GIVE_UP)
            self.assertEqual(complained, f"error: {complaint}\n")
            self.assertEqual((lab.returncode, said), (1, ""))

    def start(self, command: str, **variables: object) -> "subprocess.Popen[str]":
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
        # If one does not complain, it must not go on to change the machine.
        given = {name: str(value) for name, value in variables.items()} | {"NO_INSTALL": "1"}
        return subprocess.Popen(
            [sys.executable, "-B", LAB, command],
            env={**kept, **given},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def tree(self, version: str, name: str = "tree") -> Path:
        major, minor = version.split(".")
        tree = self.here / name
        tree.mkdir()
        makefile = f"# SPDX-License-Identifier: GPL-2.0\nVERSION = {major}\nPATCHLEVEL = {minor}\n"
        (tree / "Makefile").write_text(makefile)
        return tree

    def test_choices(self) -> None:
        for variable, value, choices in (
            ("ARCH", "vax", "x86_64, arm64, riscv64, amd64, aarch64"),
            ("TOOLCHAIN", "icc", "clang, gcc"),
            ("RSEQ_RUST", "maybe", "y, n"),
            ("V", "loud", "0, 1"),
        ):
            complaint = f"{variable}={value} is not known: use one of {choices}"
            self.assert_complains("kernel", complaint, **{variable: value})
        only_clang = "TOOLCHAIN=gcc is not known: use one of clang"
        self.assert_complains("kernel", only_clang, ARCH="riscv64", TOOLCHAIN="gcc")

    def test_cache(self) -> None:
        file = self.here / "file"
        file.touch()
        advice = "pass CACHE=<directory that can be written to>"
        commands = ("run", "test", "shell", "lint", "clean", "distclean")
        for command, cache, reason in (
            *((command, "/proc/x", "No such file or directory") for command in commands),
            ("clean", file, "Not a directory"),
            ("clean", file / "x", "Not a directory"),
            ("clean", self.here / ("x" * 300), "File name too long"),
        ):
            lab = self.start(command, CACHE=cache)
            _, complained = lab.communicate(timeout=_GIVE_UP)
            with self.subTest(command=command, cache=cache):
                self.assertRegex(complained, rf"^error: .*{reason}\): {advice}\n$")
                self.assertEqual(lab.returncode, 1)

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_cache_of_somebody_else(self) -> None:
        cache = self.here / "cache"
        cache.mkdir(mode=0o555)
        lab = self.start("clean", CACHE=cache)
        _, complained = lab.communicate(timeout=_GIVE_UP)
        self.assertRegex(complained, r"^error: .*Permission denied\): pass CACHE=.*\n$")

    def test_name_of_the_cache(self) -> None:
        for name in ("two words", "one:two"):
            cache = self.here / name
            advice = "the kernel's make takes neither spaces nor colons, name another directory"
            self.assert_complains("kernel", f"CACHE={cache}: {advice}", CACHE=cache)
            self.assertFalse(cache.exists())

    def test_kernel_source(self) -> None:
        missing, empty, text = (self.here / name for name in ("missing", "empty", "text"))
        empty.mkdir()
        text.write_text("no tarball")
        older = self.tree("7.2")
        self.assert_complains(
            "kernel",
            f"KERNEL_SRC={missing} does not exist: name an existing one",
            KERNEL_SRC=missing,
        )
        name = "name a tree of Linux 7.3"
        self.assert_complains("kernel", f"{empty} is no kernel tree: {name}", KERNEL_SRC=empty)
        self.assert_complains("kernel", f"{older} is Linux 7.2: {name}", KERNEL_SRC=older)
        for file in (text, Path("/dev/null")):
            neither = f"{file} is neither a kernel tree nor a tarball: name one of Linux 7.3"
            self.assert_complains("kernel", neither, KERNEL_SRC=file)
        # Before anything is made or installed.
        self.assertFalse((self.here / "cache").exists())

    def test_share(self) -> None:
        missing, file = self.here / "missing", self.here / "file"
        file.touch()
        gone = f"SHARE={missing} does not exist: name an existing one"
        self.assert_complains("shell", gone, SHARE=missing)
        self.assert_complains("shell", f"SHARE={file} is no directory: name one", SHARE=file)

    def test_tree(self) -> None:
        missing, older = self.here / "missing", self.tree("7.2")
        name = "name a tree of Linux 7.3"
        for command in ("integrate", "unintegrate"):
            self.assert_complains(command, "no tree is named: pass TREE=<Linux 7.3 tree>")
            for variable in ("TREE", "KERNEL"):
                self.assert_complains(
                    command, f"{missing} is no kernel tree: {name}", **{variable: missing}
                )
                self.assert_complains(command, f"{older} is Linux 7.2: {name}", **{variable: older})

    def test_new_name_of_the_tree_goes_first(self) -> None:
        missing, older = self.here / "missing", self.tree("7.2")
        complaint = f"{missing} is no kernel tree: name a tree of Linux 7.3"
        self.assert_complains("integrate", complaint, TREE=missing, KERNEL=older)

    def test_tree_that_the_patches_do_not_fit(self) -> None:
        tree = self.tree("7.3")
        lab = self.start("integrate", TREE=tree)
        _, complained = lab.communicate(timeout=_GIVE_UP)
        self.assertRegex(
            complained, rf"^error: 0001-.* cannot be applied to {tree} \(.*\): use .*\n$"
        )
        self.assertEqual([path.name for path in tree.iterdir()], ["Makefile"])

    def test_tree_that_is_integrated_already(self) -> None:
        tree = self.tree("7.3")
        (tree / "rseq").mkdir()
        complaint = f"{tree}/rseq exists already: make unintegrate TREE={tree} takes it out"
        self.assert_complains("integrate", complaint, TREE=tree)
        link = f"{tree}/rseq is not a link to {LAB.parents[1]}"
        self.assert_complains(
            "unintegrate", f"{link}: this repository is not integrated there", TREE=tree
        )

    def test_command(self) -> None:
        lab = self.start("dance")
        said, complained = lab.communicate(timeout=_GIVE_UP)
        self.assertRegex(complained, r"^usage: \S+ run\|test\|.*\n$")
        self.assertEqual((lab.returncode, said), (2, ""))

    def test_waiting_for_another_run(self) -> None:
        cache = self.here / "cache"
        self.start("clean", CACHE=cache).communicate(timeout=_GIVE_UP)
        (lock,) = cache.glob("checkouts/*/.lock")
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number), lock.open("w") as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                lab = self.start("clean", CACHE=cache)
                assert lab.stdout
                waiting = "Waiting for another run that uses this checkout ...\n"
                self.assertEqual(lab.stdout.readline(), waiting)
                lab.send_signal(number)
                _, complained = lab.communicate(timeout=_GIVE_UP)
                self.assertEqual((complained, lab.returncode), ("interrupted\n", 130))
