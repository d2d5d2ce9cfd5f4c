// SPDX-License-Identifier: GPL-2.0
/* Creation of a process, as a tracer of parent and child sees it */

#include <sched.h>
#include <sys/wait.h>

#include "fixture.h"
#include "tracer.h"

TEST_F(entry, fork_untraced)
{
	struct call *c = ADD_CALL(__NR_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);

	ASSERT_EQ(EXITED(0), run());
	EXPECT_GT(c->out[ARG0], tracee);
	EXPECT_EQ(0, shm->child_out[ARG0]);
	for (int i = ARG1; i < NR_REGS; i++) {
		EXPECT_EQ(c->in[i], c->out[i]);
		EXPECT_EQ(c->in[i], shm->child_out[i]);
	}
}

/* Leave the parent within clone(), and go on with the child. */
static void become_child(struct __test_metadata *_metadata)
{
	pid_t child;

	ASSERT_EQ(STOP_SYSCALL, trace_entry(PTRACE_O_TRACEFORK));
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_FORK), go(PTRACE_SYSCALL));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	child = event_msg();
	ASSERT_EQ(SIGSTOP, wait_stop_of(child));
	tracee = child;
	EXPECT_EQ(0, peek(ARG0));
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
}

/* A child has no part in the end of the call that made it. */
TEST_F(entry, fork_child)
{
	ADD_CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	ADD_CALL(__NR_getppid);
	become_child(_metadata);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(0, peek(MARKER));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, syscall_info().op);
	EXPECT_EQ(__NR_getppid, get_nr());
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
}

TEST_F(entry, fork_child_singlestep)
{
	ADD_CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	become_child(_metadata);
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(after_svc() + stub->len, peek(PC));
}

/* A call that began without a stop ends with one, if the tracer wants it by then. */
TEST_F(entry, fork_parent)
{
	pid_t child;

	ADD_CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	ASSERT_EQ(0, trace(PTRACE_O_TRACEFORK));
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_FORK), go(PTRACE_CONT));
	child = event_msg();
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_EQ(child, peek(ARG0));
	EXPECT_EQ(__NR_clone, get_nr());
}

/* Nobody steps the child of a process that is stepped. */
TEST_F(entry, fork_singlestep)
{
	siginfo_t info = { };

	ADD_CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	ADD_CALL(__NR_waitid, P_ALL, 0, (long)&shm->caught[0].info, WEXITED, 0);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(step_to(stub->svc));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	while (go(PTRACE_CONT) == SIGCHLD)
		;
	info = shm->caught[0].info;
	EXPECT_EQ(CLD_EXITED, info.si_code);
	EXPECT_EQ(0, info.si_status);
}

TEST_HARNESS_MAIN
