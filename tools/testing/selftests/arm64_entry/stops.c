// SPDX-License-Identifier: GPL-2.0
/* PTRACE_SYSCALL: the two stops of each call, and the registers at them */

#include "fixture.h"
#include "tracer.h"

TEST_F(entry, marker)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	EXPECT_EQ(0, peek(MARKER));
	poke(MARKER, 0x1111);
	EXPECT_EQ(0x1111, peek(MARKER));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	poke(MARKER, 0x2222);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	/* Nothing but the stops has a marker. */
	EXPECT_EQ(PATTERN(MARKER), c->out[MARKER]);
}

TEST_F(entry, registers_at_stops)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	EXPECT_EQ(SIGTRAP | 0x80, stop_code());
	EXPECT_EQ(PTRACE_EVENTMSG_SYSCALL_ENTRY, event_msg());
	EXPECT_EQ(__NR_getppid, get_nr());
	EXPECT_EQ(after_svc(), peek(PC));
	for (int i = ARG0; i <= ARG6; i++)
		EXPECT_EQ(PATTERN(i), peek(i));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(SIGTRAP | 0x80, stop_code());
	EXPECT_EQ(PTRACE_EVENTMSG_SYSCALL_EXIT, event_msg());
	EXPECT_EQ(__NR_getppid, get_nr());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(getpid(), peek(ARG0));
	for (int i = ARG1; i <= ARG6; i++)
		EXPECT_EQ(PATTERN(i), peek(i));
	poke(ARG0, 77);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(77, c->out[ARG0]);
}

TEST_F(entry, get_syscall_info)
{
	struct ptrace_syscall_info info;

	ADD_CALL(__NR_getppid);
	ADD_CALL(__NR_close, -1);

	ASSERT_EQ(0, trace(0));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_NONE, syscall_info().op);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	info = syscall_info();
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
	EXPECT_EQ(AUDIT_ARCH_SELF, info.arch);
	EXPECT_EQ(after_svc(), info.instruction_pointer);
	EXPECT_EQ(__NR_getppid, info.entry.nr);
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(PATTERN(i), info.entry.args[i]);

	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	info = syscall_info();
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(getpid(), info.exit.rval);
	EXPECT_EQ(0, info.exit.is_error);

	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	info = syscall_info();
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(-EBADF, info.exit.rval);
	EXPECT_EQ(1, info.exit.is_error);
}

TEST_F(entry, set_syscall_info)
{
	struct call *c = ADD_CALL(__NR_getppid), *skipped = ADD_CALL(__NR_getppid), *asked;
	struct ptrace_syscall_info info;

	asked = ADD_CALL(__NR_umask, 0);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	info = syscall_info();
	info.entry.nr = __NR_umask;
	info.entry.args[0] = 0123;
	ASSERT_EQ(0, sys_ptrace(PTRACE_SET_SYSCALL_INFO, tracee, sizeof(info),
				(unsigned long)&info));
	EXPECT_EQ(0123, syscall_info().entry.args[0]);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	info = syscall_info();
	info.exit.rval = 78;
	ASSERT_EQ(0, sys_ptrace(PTRACE_SET_SYSCALL_INFO, tracee, sizeof(info),
				(unsigned long)&info));

	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	info = syscall_info();
	info.entry.nr = -1;
	ASSERT_EQ(0, sys_ptrace(PTRACE_SET_SYSCALL_INFO, tracee, sizeof(info),
				(unsigned long)&info));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(78, c->out[ARG0]);
	EXPECT_EQ(NO_SUCH_CALL, skipped->out[ARG0]);
	EXPECT_EQ(0123, asked->out[ARG0]);
}

TEST_HARNESS_MAIN
