# SPDX-License-Identifier: GPL-2.0
"""Where the files of this checkout are, and how commands run on them."""

import fcntl
import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path

from host.commands import NOTHING, start
from host.failure import CommandError, LabError
from host.progress import Progress, say
from host.settings import Settings, Variant
from report import compiler

ROOT = Path(__file__).resolve().parents[3]
SPACE_GB = 8
"""What a test run from an empty cache takes, and a little more."""
TICK = 0.2
_LOCK = ".lock"


class Checkout:
    """This checkout's corner of the cache; downloads and tools are shared."""

    def __init__(self, settings: Settings, *optional: str) -> None:
        """With optional series it is a place apart, which has a kernel source of its own."""
        self.settings = settings
        self.optional = optional
        self.shared = settings.cache
        self.downloads = settings.cache / "downloads"
        name = hashlib.sha256(bytes(ROOT)).hexdigest()[:12]
        self.own = settings.cache / "checkouts" / name / Path(*optional)
        self.source = self.own / "linux"
        self.stock = self.own / "linux-stock"
        self.logs = self.own / "logs"

    def tree(self, variant: Variant) -> Path:
        """The kernel source that `variant` is built from."""
        return self.stock if variant.implementation == "stock" else self.source

    def build(self, variant: Variant) -> Path:
        return self.own / f"build-{variant}"

    def image(self, variant: Variant) -> Path:
        return self.build(variant) / variant.arch.image

    def require_space(self) -> None:
        """Stop before a build from nothing that would fill the disk."""
        if self.source.exists():
            return
        free = shutil.disk_usage(self.own).free / 1e9
        if free < SPACE_GB:
            advice = "make room, or pass CACHE=<dir>"
            raise LabError(f"{self.own} has {free:.1f} GB left, {SPACE_GB} are needed: {advice}")

    def clean(self) -> None:
        """Remove what was built, but not the kernel source."""
        for path in self.own.iterdir():
            if path.name != _LOCK and path.stem != "linux":
                remove(path)

    def distclean(self) -> None:
        """Remove all but the locks, which others may be waiting for."""
        for path in [*self.own.iterdir(), *self._tools(), self.downloads]:
            if path.name != _LOCK:
                remove(path)

    def _tools(self) -> Iterator[Path]:
        for pattern in ("bindgen-*", "cargo-mutants-*", "linters-*"):
            yield from self.shared.glob(pattern)

    @contextmanager
    def locked(self, directory: Path, what: str) -> Iterator[None]:
        """Hold `directory` against other runs; a run that waits says so."""
        try:
            directory.mkdir(parents=True, exist_ok=True)
            lock = (directory / _LOCK).open("w")
        except OSError as error:
            advice = "pass CACHE=<directory that can be written to>"
            raise LabError(f"{directory} cannot be used ({error.strerror}): {advice}") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(f"Waiting for another run that uses {what} ...")
                fcntl.flock(lock, fcntl.LOCK_EX)
            os.set_inheritable(lock.fileno(), True)
            yield
            # Programs of another lane, too, may have inherited it.
            fcntl.flock(lock, fcntl.LOCK_UN)

    @contextmanager
    def replacing(self, target: Path) -> Iterator[Path]:
        """A path to build at; takes the place of `target` when all went well."""
        new = target.with_name(target.name + ".new")
        remove(new)
        new.parent.mkdir(parents=True, exist_ok=True)
        yield new
        remove(target)
        new.rename(target)

    def run(
        self,
        what: str,
        argv: Iterable[object],
        *,
        far: Callable[[Path], str] = lambda log: "",
        env: Mapping[str, str] = NOTHING,
        cwd: Path | None = None,
    ) -> Path:
        """Run one long command, its output in a log. Return the log."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / (re.sub(r"[^a-z0-9_]+", "-", what.lower()) + ".log")
        progress = Progress(what, lambda: far(log))
        with open(log, "wb") as output:
            process = start(argv, output, env=env, cwd=cwd)
            tail = ["tail", "-f", f"--pid={process.pid}", log]
            with process, start(tail, sys.stdout) if self.settings.verbose else nullcontext():
                try:
                    while process.poll() is None:
                        time.sleep(TICK)
                        if not self.settings.verbose:
                            progress.tick()
                finally:
                    process.terminate()
        progress.done()
        if process.returncode:
            reason = compiler.reason(log.read_text(errors="replace"))
            raise CommandError(f"{what} failed: {reason} (all of it: {log})", log)
        return log


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
