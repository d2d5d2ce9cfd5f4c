// SPDX-License-Identifier: GPL-2.0
/* Execution of a new program, as its tracer sees it */

#include "fixture.h"
#include "tracer.h"

TEST_F(entry, exec)
{
	add_exec();
	ASSERT_EQ(STOP_SYSCALL, trace_entry(PTRACE_O_TRACEEXEC));
	EXPECT_EQ(__NR_execve, get_nr());
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_EXEC), go(PTRACE_SYSCALL));
	EXPECT_EQ(0, peek(MARKER));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, syscall_info().op);
	EXPECT_EQ(0, syscall_info().exit.rval);
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_NE(after_svc(), peek(PC));
	for (int i = 0; i < NR_REGS; i++)
		EXPECT_EQ(i == MARKER, peek(i));
#ifdef __aarch64__
	EXPECT_EQ(__NR_execve, get_nr());
#endif
	/* The first instruction of the program */
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(0, peek(MARKER));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
}

/* Who steps over a successful exec stops in front of the first instruction. */
TEST_F(entry, exec_singlestep)
{
	unsigned long pc;

	add_exec();
	ASSERT_EQ(0, trace(PTRACE_O_TRACEEXEC));
	ASSERT_TRUE(step_to(stub->svc));
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_EXEC), go(PTRACE_SINGLESTEP));
	/* Bit 0, which selects Thumb, lasts until the first return. */
	pc = peek(PC) & ~1ul;
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(pc, peek(PC) & ~1ul);
	/* Twice, as behind any other call */
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(pc, peek(PC));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_NE(pc, peek(PC));
}

int main(int argc, char **argv)
{
	return is_new_program(argc, argv) ? 0 : test_harness_run(argc, argv);
}
