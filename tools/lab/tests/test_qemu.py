# SPDX-License-Identifier: GPL-2.0
"""A guest is read to its end and judged by that, with a program in the place of QEMU."""

import contextlib
import io
import os
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from guest import qemu
from host import settings
from host.arch import X86_64
from host.checkout import Checkout
from host.failure import LabError
from report.console import JOB_DONE
from tests import DATA, recorded

_PASSING = DATA / "demo_passing.log"


class Boots(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.here = Path(directory.name)
        path = f"{self.here}:{os.environ['PATH']}"
        environment = {"CACHE": str(self.here / "cache"), "ARCH": "x86_64", "PATH": path}
        patched = mock.patch.dict(os.environ, environment)
        patched.start()
        self.addCleanup(patched.stop)
        self.checkout = Checkout(settings.from_environment())
        self.checkout.logs.mkdir(parents=True)

    def boot(self, script: str) -> str:
        emulator = self.here / X86_64.qemu
        emulator.write_text(f"#!/bin/sh\n{script}\n")
        emulator.chmod(0o755)
        variant = self.checkout.settings.variant
        self.said = io.StringIO()
        with contextlib.redirect_stdout(self.said):
            return qemu.boot(self.checkout, variant, Path("initramfs"), "demo")

    def assert_given_up(self, script: str, trouble: str) -> None:
        with self.assertRaises(LabError) as failure:
            self.boot(script)
        self.assertRegex(
            str(failure.exception),
            rf"^the guest x86_64-clang-rust {trouble} while it ran demo: its console is in .*log$",
        )

    def test_finished(self) -> None:
        self.assertEqual(self.boot(f"cat {_PASSING}"), recorded(_PASSING.name).rstrip("\n"))

    def test_terminal_codes_are_left_out(self) -> None:
        console = self.boot(rf"printf '\033[1mok\033[0m 1\r\n\033c{JOB_DONE}\r\n'")
        self.assertEqual(console, f"ok 1\n{JOB_DONE}")

    def test_command_line(self) -> None:
        console = self.boot(f'echo "$@"; echo {JOB_DONE}')
        self.assertIn("-initrd initramfs -append console=ttyS0 panic=-1 ", console)
        self.assertIn(" job=demo -smp 2,", console)
        self.assertIn("-no-reboot", console)

    def test_stopped_too_early(self) -> None:
        self.assert_given_up(f"head -n 20 {_PASSING}", "stopped too early")
        self.assertIn("Last lines of the console:\n", self.said.getvalue())

    def test_died(self) -> None:
        self.assert_given_up(
            f"cat {DATA / 'selftests_panicking.log'}",
            r"died \(Kernel panic - not syncing: Out of memory: .*\)",
        )

    def test_hangs(self) -> None:
        alive = self.here / "alive"
        script = f"echo $$ > {alive}; echo booting; exec sleep 1000"
        with mock.patch.object(qemu, "SILENCE", 3):
            self.assert_given_up(script, "printed nothing for .* minutes, so it hangs,")
        self.assertFalse(Path("/proc", alive.read_text().strip()).exists())

    def test_speaks_now_and_then(self) -> None:
        """Each silence counts for itself, not the sum of all."""
        clock = SimpleNamespace(now=0.0)
        clock.monotonic = lambda: clock.now

        def read(_: object) -> Iterator[list[str]]:
            for news in (["1"], [], ["2"], [], ["3"], [], [JOB_DONE]):
                clock.now += 0.4 * qemu.SILENCE
                yield news

        with mock.patch.multiple(qemu, time=clock, _read=read):
            self.assertEqual(self.boot("exit"), f"1\n2\n3\n{JOB_DONE}")

    def test_does_not_end(self) -> None:
        with mock.patch.object(qemu, "MOST_LINES", 1000):
            self.assert_given_up("exec yes", "printed more than 1000 lines, so it does not end,")
