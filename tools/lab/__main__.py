# SPDX-License-Identifier: GPL-2.0
"""python3 tools/lab COMMAND: build the kernel, boot it, test it."""

import errno
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType

from build import kernel, toolchain
from guest import initramfs, qemu
from host import packages, settings
from host.checkout import Checkout
from host.commands import NOTHING
from host.failure import LabError
from host.progress import say
from steps import (
    build_checks,
    demo,
    distro,
    flavours,
    guest_tests,
    host_tests,
    libc,
    library,
    mutation,
    param_test,
    runner,
    samples,
    slice_command,
    slice_hist,
    stock,
    suites,
)
from steps import lint as lints
from steps.runner import Steps
from tree import integrate, patches, release, source


@contextmanager
def prepared(*, to_test: bool = False, others: Mapping[str, str] = NOTHING) -> Iterator[Checkout]:
    """This checkout, locked, with packages, tools and the kernel source there."""
    checkout = Checkout(settings.from_environment())
    one = (checkout.settings.variant.arch,)
    # Whatever may be of no use comes before what takes long or changes the machine.
    if checkout.settings.kernel_src:
        source.require(checkout.settings.kernel_src)
    with checkout.locked(checkout.own, "this checkout"):
        checkout.require_space()
        with checkout.locked(checkout.shared, "the shared downloads"):
            packages.ensure(checkout, checkout.settings.arches if to_test else one, others)
            source.obtain(checkout)
        source.ensure(checkout)
        with checkout.locked(checkout.shared, "the shared tools"):
            toolchain.ensure_bindgen(checkout)
        yield checkout


def run() -> int:
    with prepared() as checkout:
        return demo.run(checkout)


# Builds have the machine to themselves. A guest takes one processor.
BUILDS = (host_tests, build_checks, lints)
GUESTS = (guest_tests, stock, slice_hist, libc, library, samples, slice_command)
LONG_GUESTS = (suites, param_test)


def test() -> int:
    with prepared(to_test=True) as checkout:
        return runner.run([_of(BUILDS, checkout)], _lanes(GUESTS, checkout))


def test_full() -> int:
    with prepared(to_test=True, others=packages.FOR_VERSIONED_MODULES) as checkout:
        return runner.run(
            [_of(BUILDS, checkout)],
            _lanes((*GUESTS, *LONG_GUESTS), checkout),
            [flavours.steps(checkout)],
        )


def _lanes(parts: Iterable[ModuleType], checkout: Checkout) -> list[Steps]:
    """A lane for each architecture, as these share no files."""
    return [_of(parts, checkout, arch) for arch in checkout.settings.arches]


def _of(parts: Iterable[ModuleType], *what: object) -> Steps:
    return {name: step for part in parts for name, step in part.steps(*what).items()}


def test_distro() -> int:
    with prepared(to_test=True, others=packages.FOR_DISTRO) as checkout:
        return runner.run([distro.steps(checkout)])


def mutants() -> int:
    with prepared(to_test=True) as checkout:
        return runner.run([mutation.steps(checkout)])


def lint() -> int:
    with prepared() as checkout:
        return runner.run([lints.steps(checkout)])


def image() -> None:
    with prepared() as checkout:
        variant = checkout.settings.variant
        kernel.build(checkout, variant)
        say(str(checkout.image(variant)))


def shell() -> None:
    with prepared() as checkout:
        variant = checkout.settings.variant
        kernel.build(checkout, variant)
        archive = initramfs.pack(checkout, variant)
    qemu.shell(checkout, variant, archive)


def sample() -> None:
    with prepared() as checkout:
        samples.show(checkout)


def pin() -> None:
    with prepared() as checkout:
        directory = patches.made_for(checkout.source)
        pins = directory / release.PINS
        pins.write_text(str(release.of_tree(checkout.source, directory)))
        say(f"{pins} is what kernel.org is held to.")


def image_path() -> None:
    checkout = Checkout(settings.from_environment())
    say(str(checkout.image(checkout.settings.variant)))


def clean() -> None:
    checkout = Checkout(settings.from_environment())
    with checkout.locked(checkout.own, "this checkout"):
        checkout.clean()


def distclean() -> None:
    checkout = Checkout(settings.from_environment())
    with (
        checkout.locked(checkout.own, "this checkout"),
        checkout.locked(checkout.shared, "the shared cache"),
    ):
        checkout.distclean()


COMMANDS = {
    "run": run,
    "test": test,
    "test-full": test_full,
    "test-distro": test_distro,
    "mutants": mutants,
    "kernel": image,
    "shell": shell,
    "sample": sample,
    "lint": lint,
    "integrate": integrate.integrate,
    "unintegrate": integrate.unintegrate,
    "pin": pin,
    "image-path": image_path,
    "clean": clean,
    "distclean": distclean,
}


# A disk that is full or fails, a directory that is not to be written to.
_OF_THE_USER = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM}


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    command = COMMANDS.get(sys.argv[1]) if len(sys.argv) == 2 else None
    if not command:
        print(f"usage: {sys.argv[0]} {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return command() or 0
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        if error.errno not in _OF_THE_USER:
            raise
        print(f"error: {error.filename or 'a file'}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


sys.exit(main())
