# SPDX-License-Identifier: GPL-2.0
"""The libraries for user space, and programs that use them."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from build import musl, rust_library, toolchain
from host.arch import Arch
from host.checkout import ROOT, Checkout
from host.commands import NOTHING

WORKSPACE = ROOT / "tools"
LIBRARIES = WORKSPACE / "lib"
CRATE = LIBRARIES / "rseq-slice"
SAMPLES = ROOT / "samples/rseq"
TESTS = LIBRARIES / "tests"
"""The programs in C, which use rseq-slice.h."""
_STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")


def variables(target: Path) -> dict[str, str]:
    """What cargo has to be told to compile with the packaged compiler into `target`."""
    rust = {name: toolchain.rust_tool(name) for name in ("RUSTC", "RUSTDOC")}
    return {**rust, "CARGO_TARGET_DIR": str(target)}


def cases_in_rust(checkout: Checkout, arch: Arch) -> Path | None:
    """The cases, or None where this machine cannot build them for `arch`."""
    release = _release(checkout, arch, CRATE, "--example", "cases")
    return release / "examples/cases" if release else None


def sample_in_rust(checkout: Checkout, arch: Arch, name: str) -> Path | None:
    """A sample, or None where this machine cannot build it for `arch`."""
    release = _release(checkout, arch, SAMPLES, "--bin", name)
    return release / name if release else None


def slice_command(checkout: Checkout, arch: Arch) -> Path | None:
    """The command slice, or None where this machine cannot build it for `arch`."""
    release = _release(checkout, arch, WORKSPACE / "slice", "--bin", "slice")
    return release / "slice" if release else None


def without_std(checkout: Checkout, arch: Arch) -> None:
    """Compile the crate for an architecture that may have no more than a compiler."""
    build = ["build", "--release", "--no-default-features", "--target", arch.rust]
    what = f"the crate without a standard library for {arch.name}"
    _cargo(checkout, what, CRATE, build, _for(arch, rust_library.core(checkout, arch)))


def package(checkout: Checkout) -> None:
    """Make a package of the crate, as for publishing, and compile what is in it."""
    # What is not committed is tested like everything else, and its tests have fetched all.
    options = ["package", "--allow-dirty", "--offline", "--package", CRATE.name]
    _cargo(checkout, "the package of the crate", CRATE, options)


def _release(checkout: Checkout, arch: Arch, crate: Path, *what: str) -> Path | None:
    """The directory of optimized programs, with what was asked for."""
    build = ["build", "--release", *what]
    name = f"the {' '.join(what).lstrip('-')} for {arch.name}"
    if arch.native:
        return _cargo(checkout, name, crate, build) / "release"
    sysroot = rust_library.sysroot(checkout, arch)
    if not sysroot:
        return None
    env = {**_for(arch, sysroot), f"{_variable(arch)}_LINKER": f"{arch.cross_compile}gcc"}
    target = _cargo(checkout, name, crate, [*build, "--target", arch.rust], env)
    return target / arch.rust / "release"


def _for(arch: Arch, sysroot: Path) -> dict[str, str]:
    """What cargo has to be told to compile with the libraries of another architecture."""
    return {f"{_variable(arch)}_RUSTFLAGS": f"--sysroot={sysroot}"}


def _variable(arch: Arch) -> str:
    """What the names of cargo's variables about programs of an architecture start with."""
    return f"CARGO_TARGET_{arch.rust.upper().replace('-', '_')}"


def _cargo(
    checkout: Checkout,
    what: str,
    crate: Path,
    options: list[str],
    env: Mapping[str, str] = NOTHING,
) -> Path:
    """Build in a directory that is shared by all programs, and return that."""
    target = checkout.own / WORKSPACE.name
    command = [toolchain.tool("cargo"), *options, "--locked"]
    checkout.run(f"Building {what}", command, cwd=crate, env={**variables(target), **env})
    return target


def cases_in_c(arch: Arch, program: Path) -> list[object]:
    """The command that builds the cases, as most people would."""
    return [f"{arch.cross_compile}gcc", "-std=c11", "-O2", *_link(program)]


def sample_in_c(arch: Arch, name: str, program: Path) -> list[object]:
    """The command that builds a sample, as most people would."""
    source = SAMPLES / f"{name}.c"
    return [
        f"{arch.cross_compile}gcc",
        "-O2",
        "-Wall",
        "-Werror",
        source,
        "-pthread",
        "-o",
        program,
    ]


def promises_in_c(arch: Arch, program: Path) -> list[object]:
    """The command that builds the promises of the header."""
    source = TESTS / "promises.c"
    return [
        f"{arch.cross_compile}gcc",
        "-std=c11",
        "-O2",
        *_STRICT,
        source,
        "-pthread",
        "-o",
        program,
    ]


def promises_with_musl(checkout: Checkout, arch: Arch, program: Path) -> list[object]:
    """The command that builds them with a C library whose threads unmap their own memory."""
    compiler = _with_musl(checkout, arch)
    return [*compiler, "-std=c11", "-O2", *_STRICT, TESTS / "promises.c", "-o", program]


def mixed_program(directory: Path, program: Path) -> Iterator[list[object]]:
    """Commands that build the cases with one of their two files in C++."""
    first, second = directory / "cases.o", directory / "other_file.o"
    yield ["gcc", "-std=c11", "-O2", "-c", TESTS / "cases.c", "-o", first]
    source = ["-x", "c++", "-std=c++17", TESTS / "other_file.c"]
    yield ["g++", "-O2", *_STRICT, "-c", *source, "-o", second]
    yield ["g++", first, second, "-pthread", "-o", program]


def section(compiler: str, program: Path) -> list[object]:
    """The command that builds a program whose function `section` is a section and nothing else."""
    return [compiler, "-std=c11", "-O2", *_STRICT, TESTS / "section.c", "-o", program]


def other_abis() -> Iterator[list[object]]:
    """Commands that try the header with ABIs that it does not know."""
    for abi in (["gcc", "-m32"], [toolchain.clang(), "--target=aarch64_be-linux-gnu"]):
        yield [*abi, "-fsyntax-only", TESTS / "section.c"]


def shared_object(compiler: str, output: Path) -> list[object]:
    """The command that compiles a file for a shared object."""
    return [compiler, "-O2", "-fPIC", "-c", TESTS / "section.c", "-o", output]


def cases_with_musl(checkout: Checkout, arch: Arch, headers: Path, program: Path) -> list[object]:
    """The command that builds them with a C library that registers nothing."""
    compiler = _with_musl(checkout, arch)
    return [*compiler, "-std=c11", "-O2", "-isystem", headers, *_link(program)]


def _with_musl(checkout: Checkout, arch: Arch) -> list[object]:
    return [f"{arch.cross_compile}gcc", f"-specs={musl.specs(checkout, arch)}", "-static"]


def c_programs(arch: Arch, program: Path) -> Iterator[list[object]]:
    """Commands that build them with other compilers, standards and levels, without a warning."""
    compilers = [f"{arch.cross_compile}gcc", *([toolchain.clang()] if arch.native else [])]
    for compiler in compilers:
        for standard in ("c11", "gnu17"):
            for level in ("-O0", "-O2", "-Os"):
                yield [compiler, f"-std={standard}", level, "-fPIC", *_STRICT, *_link(program)]


def constants(arch: Arch, headers: Path) -> list[object]:
    """The command that compares the constants in C with the kernel's `headers`."""
    compiler = [f"{arch.cross_compile}gcc", "-std=c11", "-fsyntax-only"]
    return [*compiler, "-isystem", headers, TESTS / "uapi.c"]


def cxx_objects(program: Path) -> Iterator[list[object]]:
    """Commands that compile a file in C++ with the compilers of this machine."""
    for compiler in ("g++", toolchain.clang()):
        for standard in ("c++17", "c++20"):
            source = ["-x", "c++", "-c", TESTS / "other_file.c", "-o", program]
            yield [compiler, f"-std={standard}", "-O2", *_STRICT, *source]


def _link(program: Path) -> list[object]:
    return [TESTS / "cases.c", TESTS / "other_file.c", "-pthread", "-o", program]
