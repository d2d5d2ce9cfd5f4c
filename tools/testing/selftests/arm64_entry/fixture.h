/* SPDX-License-Identifier: GPL-2.0 */
/* The fixture of all tests, with a variant for each instruction set */
#ifndef ARM64_ENTRY_FIXTURE_H
#define ARM64_ENTRY_FIXTURE_H

#include <signal.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "events.h"
#include "tracee.h"

FIXTURE(entry)
{
};

FIXTURE_VARIANT(entry)
{
	struct stub stub;
};

#ifdef __aarch64__
FIXTURE_VARIANT_ADD(entry, a64) { .stub = STUB(a64, 4) };
#else
FIXTURE_VARIANT_ADD(entry, arm) { .stub = STUB(arm, 4) };
FIXTURE_VARIANT_ADD(entry, thumb) { .stub = STUB(thumb, 2) };
#endif

FIXTURE_SETUP(entry)
{
	stub = &variant->stub;
	shm = mmap(NULL, sizeof(*shm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(shm != MAP_FAILED);
}

FIXTURE_TEARDOWN(entry)
{
	if (tracee > 0)
		kill(tracee, SIGKILL);
	trace_discard();
}

#endif
