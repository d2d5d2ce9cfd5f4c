# SPDX-License-Identifier: GPL-2.0
#
# People start here. The kernel build reads Kbuild instead.

.DEFAULT_GOAL := help

COMMANDS := run test test-full test-distro mutants kernel shell sample lint	\
	    integrate unintegrate pin image-path clean distclean

.PHONY: help $(COMMANDS)

$(COMMANDS):
	@python3 -B tools/lab $@

help:
	@echo 'Time slice extensions in Rust for Linux 7.3'
	@echo
	@echo '  make run          boot a kernel and watch it grant time slices'
	@echo '  make test         run the tests, in about an hour'
	@echo '  make test-full    run also what takes hours: other configurations, other'
	@echo '                    suites of the kernel, every injection into critical sections'
	@echo '  make test-distro  run the tests of guests in a kernel that is configured as the'
	@echo '                    distribution configures its own, which takes hours'
	@echo '  make mutants      make mistakes on purpose, and see whether they are found'
	@echo '  make shell        a shell in the booted kernel, SHARE=dir at /host'
	@echo '  make sample       run a sample in the booted kernel, NAME=spinlock'
	@echo '  make kernel       build the kernel image'
	@echo '  make image-path   print where that image is'
	@echo '  make lint         rustfmt, clippy, checkpatch, ruff, mypy, shellcheck'
	@echo '  make integrate TREE=dir       link this into a Linux 7.3 tree of yours'
	@echo '  make unintegrate TREE=dir     take it out again'
	@echo '  make pin          note the release that the patches are made for, see'
	@echo '                    Documentation/dev/next-release.rst'
	@echo '  make clean        remove the kernels that this checkout built'
	@echo '  make distclean    remove all that is in the cache'
	@echo
	@echo 'Variables:'
	@echo '  ARCH=name            x86_64, arm64 or riscv64; if not given, the one of this'
	@echo '                       machine, but for tests both x86_64 and arm64'
	@echo '  RSEQ_RUST=n          the C implementation, for reference'
	@echo '  TOOLCHAIN=clang|gcc  compiler of the C code'
	@echo '  KERNEL_SRC=path      a Linux 7.3 tree or tarball to build from (it is copied,'
	@echo '                       not changed)'
	@echo '  TREE=dir             the tree that integrate changes'
	@echo '  WITH=arm64/dispatch  an optional series of patches that integrate applies, too'
	@echo '  CACHE=dir            where everything is built (~/.cache/rseq-rust)'
	@echo '  NO_INSTALL=1         list missing packages instead of installing them'
	@echo '  V=1                  show the output of every command'
