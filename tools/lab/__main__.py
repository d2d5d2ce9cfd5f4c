# SPDX-License-Identifier: GPL-2.0
"""python3 tools/lab COMMAND: build the kernel, boot it, test it."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import build_checks
import demo
import guest
import guest_tests
import host_tests
import integrate
import kernel
import lint as lints
import packages
import qemu
import settings
import source
import suite
import toolchain
from checkout import Checkout
from failure import LabError
from progress import say


@contextmanager
def prepared() -> Iterator[Checkout]:
    """This checkout, locked, with packages, tools and the kernel source there."""
    checkout = Checkout(settings.from_environment())
    packages.ensure(checkout)
    with checkout.locked(checkout.own, "this checkout"):
        checkout.require_space()
        with checkout.locked(checkout.shared, "the shared downloads"):
            source.obtain(checkout)
        # Before what takes long, since KERNEL_SRC may be of no use.
        source.ensure(checkout)
        with checkout.locked(checkout.shared, "the shared tools"):
            toolchain.ensure_bindgen(checkout)
        yield checkout


def run() -> int:
    with prepared() as checkout:
        return demo.run(checkout)


def test() -> int:
    with prepared() as checkout:
        parts = (host_tests, build_checks, lints, guest_tests)
        return suite.run(
            {name: step for part in parts for name, step in part.steps(checkout).items()}
        )


def lint() -> int:
    with prepared() as checkout:
        return suite.run(lints.steps(checkout))


def image() -> None:
    with prepared() as checkout:
        variant = checkout.settings.variant
        kernel.build(checkout, variant)
        say(str(checkout.image(variant)))


def shell() -> None:
    with prepared() as checkout:
        variant = checkout.settings.variant
        kernel.build(checkout, variant)
        initramfs = guest.initramfs(checkout, variant)
    qemu.shell(checkout, variant, initramfs)


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
    "kernel": image,
    "shell": shell,
    "lint": lint,
    "integrate": integrate.integrate,
    "unintegrate": integrate.unintegrate,
    "image-path": image_path,
    "clean": clean,
    "distclean": distclean,
}


def main() -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command = COMMANDS.get(sys.argv[1]) if len(sys.argv) == 2 else None
    if not command:
        print(f"usage: {sys.argv[0]} {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return command() or 0
    except LabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


sys.exit(main())
