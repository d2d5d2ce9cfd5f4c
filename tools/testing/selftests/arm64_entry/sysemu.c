// SPDX-License-Identifier: GPL-2.0
/* PTRACE_SYSEMU: one stop for each call, which is not made */

#include <sys/stat.h>

#include "fixture.h"
#include "tracer.h"

TEST_F(entry, sysemu)
{
	struct call *answered = ADD_CALL(__NR_umask, 055), *c = ADD_CALL(__NR_umask, 066);
	struct call *asked = ADD_CALL(__NR_umask, 0);

	umask(022);
	ASSERT_EQ(0, trace(0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	EXPECT_EQ(0, peek(MARKER));
	EXPECT_EQ(055, peek(ARG0));
	EXPECT_EQ(__NR_umask, get_nr());
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, syscall_info().op);
	poke(ARG0, 5);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	EXPECT_EQ(0, peek(MARKER));
	EXPECT_EQ(066, peek(ARG0));
	/* Without an answer the first argument remains. */
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	EXPECT_EQ(0, peek(ARG0));
	EXPECT_EQ(5, answered->out[ARG0]);
	EXPECT_EQ(PATTERN(MARKER), answered->out[MARKER]);
	EXPECT_EQ(066, c->out[ARG0]);
	/* Whether the call is made was decided before the stop. */
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(0, asked->out[ARG0]);
}

TEST_F(entry, sysemu_then_syscall)
{
	struct call *c = ADD_CALL(__NR_getppid), *next = ADD_CALL(__NR_getppid);

	ASSERT_EQ(0, trace(0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, syscall_info().op);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	/* That was the entry of the next but one. */
	EXPECT_EQ(__NR_exit_group, get_nr());
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, syscall_info().op);
	EXPECT_EQ(PATTERN(ARG0), c->out[ARG0]);
	EXPECT_EQ(getpid(), next->out[ARG0]);
}

/*
 * An emulated call that is stepped over stops twice: at its entry, and where
 * the step ends. Other architectures leave it at the first.
 */
TEST_F(entry, sysemu_singlestep)
{
	struct call *c = ADD_CALL(__NR_umask, 055), *asked = ADD_CALL(__NR_umask, 0);

	umask(022);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(step_to(stub->svc - stub->len));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SYSEMU_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ((unsigned long)stub->svc, peek(PC));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU_SINGLESTEP));
	EXPECT_EQ(0, peek(MARKER));
	EXPECT_EQ(after_svc(), peek(PC));
	/* Takes back the step that the processor has pending: see singlestep. */
	poke(ARG0, 6);
	ASSERT_EQ(SIGTRAP, go(PTRACE_SYSEMU_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SYSEMU_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(after_svc() + stub->len, peek(PC));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(6, c->out[ARG0]);
	EXPECT_EQ(022, asked->out[ARG0]);
}

TEST_HARNESS_MAIN
