# SPDX-License-Identifier: GPL-2.0
"""Booting a kernel in QEMU."""

import os
import re
import selectors
import subprocess
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO

from host import emulators
from host.arch import Arch
from host.checkout import TICK, Checkout
from host.commands import start
from host.failure import LabError
from host.progress import Progress, say
from host.settings import Variant
from report import console as report

MEMORY_MB = 1024
LAST_LINES = 20
SILENCE = 1800
"""Seconds without a line on the console that no test takes, however busy the host is."""
MOST_LINES = 1_000_000

_CONTROL = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1bc|\r")
_RESULT = re.compile(r"(# )*(not )?ok \d")


def _node(number: int, of: int) -> tuple[str, ...]:
    """A NUMA node with one CPU and its share of the memory."""
    memory = f"memory-backend-ram,id=node{number},size={MEMORY_MB // of}M"
    return ("-object", memory, "-numa", f"node,nodeid={number},cpus={number},memdev=node{number}")


ONE_CPU = ("-smp", "1")
SIBLINGS = ("-smp", "2,threads=2")
"""One core, whose two threads can be told to run only what belongs together."""
TWO_NODES = ("-smp", "2,sockets=2", *_node(0, of=2), *_node(1, of=2))
"""A thread that migrates gets another node ID, too."""
COUNTED = ("-accel", "tcg,thread=single", "-icount", "shift=1,sleep=off")
"""Time is what the instructions take, two nanoseconds each, and idle time is skipped. So
nothing depends on how busy the host is, and one run is like the next."""


def boot(
    checkout: Checkout,
    variant: Variant,
    initramfs: Path,
    job: str,
    *,
    echo: bool = False,
    parameters: str = "",
    machine: Sequence[str] = TWO_NODES,
    accelerator: Sequence[str] = (),
    cpu: Sequence[str] = (),
    milestone: re.Pattern[str] = _RESULT,
) -> str:
    """Run one job in a guest. Return what the console said."""
    lines: list[str] = []
    hung = ""
    heard = time.monotonic()
    far = partial(_last, milestone, lines)
    progress = None if echo else Progress(f"Booting {variant}: {job}", far)
    log = checkout.logs / f"console-{variant}-{job}.log"
    options = [*machine, *_processor(variant.arch, accelerator, cpu), "-serial", "stdio"]
    argv = [*_command(checkout, variant, initramfs, job, parameters), *options]
    with start(argv, subprocess.PIPE) as guest, open(log, "w") as console:
        assert guest.stdout
        try:
            for news in _read(guest.stdout):
                lines += news
                heard = time.monotonic() if news else heard
                console.writelines(f"{line}\n" for line in news)
                if progress:
                    progress.tick()
                elif news:
                    say("\n".join(news))
                hung = _hung(time.monotonic() - heard, len(lines))
                if hung:
                    break
        finally:
            guest.kill()
    if progress:
        progress.done()
    trouble = hung or report.trouble(lines)
    if trouble:
        say("\n".join(["Last lines of the console:", *lines[-LAST_LINES:]]))
        raise LabError(f"the guest {variant} {trouble} while it ran {job}: its console is in {log}")
    return "\n".join(lines)


def _hung(silent: float, printed: int) -> str:
    """Why a guest is given up. The host's clock decides nothing else."""
    if silent > SILENCE:
        return f"printed nothing for {SILENCE // 60} minutes, so it hangs,"
    if printed > MOST_LINES:
        return f"printed more than {MOST_LINES} lines, so it does not end,"
    return ""


def shell(checkout: Checkout, variant: Variant, initramfs: Path) -> None:
    """Hand the terminal to a shell in the guest."""
    options: list[str] = []
    if checkout.settings.share:
        path = str(checkout.settings.share).replace(",", ",,")
        options += ["-virtfs", f"local,path={path},mount_tag=host,security_model=none"]
    options += [*TWO_NODES, *_processor(variant.arch), "-serial", "mon:stdio"]
    argv = [*_command(checkout, variant, initramfs, "shell"), *options]
    subprocess.run([str(word) for word in argv], check=False)


def _last(milestone: re.Pattern[str], lines: list[str]) -> str:
    return next((line for line in reversed(lines) if milestone.match(line)), "")


def _read(output: IO[bytes]) -> Iterator[list[str]]:
    """The new lines on the console, perhaps none, at least once a tick until it closes."""
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            data = b""
            if selector.select(TICK):
                data = os.read(output.fileno(), 65536)
                if not data:
                    return
            *complete, pending = (pending + data).split(b"\n")
            yield [_CONTROL.sub(b"", line).decode(errors="replace") for line in complete]


def _command(
    checkout: Checkout, variant: Variant, initramfs: Path, job: str, parameters: str = ""
) -> list[object]:
    arch = variant.arch
    cmdline = f"console={arch.console} panic=-1 loglevel=5 {arch.cmdline} {parameters} job={job}"
    machine = [*emulators.command(checkout, arch), *arch.machine, "-m", f"{MEMORY_MB}M"]
    bare = ["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"]
    system = ["-kernel", checkout.image(variant), "-initrd", initramfs, "-append", cmdline]
    return [*machine, *bare, *system]


def _processor(
    arch: Arch, accelerator: Sequence[str] = (), cpu: Sequence[str] = ()
) -> Sequence[str]:
    """Unless a certain one is asked for, KVM where it works."""
    if not accelerator and not cpu and _has_kvm(arch):
        return ["-accel", "kvm", "-cpu", "host"]
    return [*(accelerator or arch.accelerator), *(cpu or arch.cpu)]


def _has_kvm(arch: Arch) -> bool:
    """Its device may be there on a processor that cannot do it."""
    flags = arch.kvm_flags & set(Path("/proc/cpuinfo").read_text().split())
    return arch.native and bool(flags) and os.access("/dev/kvm", os.R_OK | os.W_OK)
