// SPDX-License-Identifier: GPL-2.0
/* MTE: an asynchronous fault that the kernel learns of at the entry of a call */

#include <sys/auxv.h>
#include <sys/mman.h>

#include "fixture.h"
#include "handler.h"
#include "tracer.h"

static const struct stub stub_storing = STUB(storing, 4);

static void mistag(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_MTE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED ||
	    prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_ASYNC, 0, 0, 0))
		_exit(1);
	/* All of the memory has the tag 0. */
	*page = 0;
	shm->call[0].store = page + (1L << 56);
	handle(SIGSEGV, 0);
}

TEST_F(entry, mte_async_fault)
{
	struct call *c;
	char bytes[4];
	int fds[2];

	if (!(getauxval(AT_HWCAP2) & HWCAP2_MTE))
		SKIP(return, "no MTE");
	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_write, fds[1], (long)"x", 1);
	c->stub = &stub_storing;
	prepare = mistag;
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(1, shm->nr_caught);
	EXPECT_EQ(SEGV_MTEAERR, shm->caught->info.si_code);
	EXPECT_EQ(fds[1], shm->caught->arg0);
	EXPECT_EQ(1, c->out[ARG0]);
	for (int i = ARG1; i < NR_REGS; i++)
		EXPECT_EQ(c->in[i], c->out[i]);
	/* Exactly once */
	EXPECT_EQ(1, read(fds[0], bytes, sizeof(bytes)));
}

/* For a tracer the call begins behind the handler. */
TEST_F(entry, mte_async_fault_traced)
{
	struct call *c = ADD_CALL(__NR_getppid);

	if (!(getauxval(AT_HWCAP2) & HWCAP2_MTE))
		SKIP(return, "no MTE");
	c->stub = &stub_storing;
	prepare = mistag;
	ASSERT_EQ(0, trace(0));
	ASSERT_EQ(SIGSEGV, go(PTRACE_SYSCALL));
	EXPECT_EQ(SEGV_MTEAERR, stop_code());
	EXPECT_EQ((unsigned long)stub_storing.svc, peek(PC));
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	ASSERT_EQ(STOP_SYSCALL, go_with(PTRACE_SYSCALL, SIGSEGV));
	EXPECT_EQ(__NR_rt_sigreturn, get_nr());
	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	EXPECT_EQ(__NR_getppid, get_nr());
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(getpid(), peek(ARG0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(1, shm->nr_caught);
}

TEST_HARNESS_MAIN
