// SPDX-License-Identifier: GPL-2.0
/* What a tracer changes about a call at its entry, and at its exit */

#include <fcntl.h>
#include <sys/stat.h>

#include "fixture.h"
#include "tracer.h"

TEST_F(entry, number_changed)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(__NR_getpid);
	EXPECT_EQ(__NR_getpid, syscall_info().entry.nr);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(tracee, peek(ARG0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(tracee, c->out[ARG0]);
	/* The number that is used is not the register's. */
	EXPECT_EQ(__NR_getppid, c->out[NR]);
}

/* Writing to the register that the number came in is too late. */
TEST_F(entry, number_register_changed)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	poke(NR, __NR_getpid);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(getpid(), c->out[ARG0]);
	EXPECT_EQ(__NR_getpid, c->out[NR]);
}

TEST_F(entry, arguments_changed)
{
	int fds[2];
	struct call *mask, *asked, *written;

	ASSERT_EQ(0, pipe(fds));
	mask = ADD_CALL(__NR_umask, 011);
	asked = ADD_CALL(__NR_umask, 0);
	written = ADD_CALL(__NR_write, -1, (long)"abc", 3);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	poke_arg0(022);
	EXPECT_EQ(022, syscall_info().entry.args[0]);
	ASSERT_EQ(STOP_SYSCALL, go_times(4, PTRACE_SYSCALL));
	poke_arg0(fds[1]);
	poke(ARG2, 2);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_NE(011, mask->out[ARG0]);
	EXPECT_EQ(022, asked->out[ARG0]);
	EXPECT_EQ(2, written->out[ARG0]);
	EXPECT_EQ(2, written->out[ARG2]);
}

TEST_F(entry, skipped_with_result)
{
	struct call *c = ADD_CALL(__NR_umask, 055), *asked = ADD_CALL(__NR_umask, 0);

	umask(022);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(-1);
	poke(ARG0, 99);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_EQ(99, peek(ARG0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(99, c->out[ARG0]);
	EXPECT_EQ(022, asked->out[ARG0]);
}

/* The kernel has no result for it: what is in the register remains there. */
TEST_F(entry, skipped_without_result)
{
	struct call *c = ADD_CALL(__NR_umask, 055);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(-1);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(055, peek(ARG0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(055, c->out[ARG0]);
}

TEST_F(entry, number_changed_at_exit)
{
	struct call *c = ADD_CALL(__NR_getppid), *next = ADD_CALL(__NR_getppid);

	ASSERT_EQ(0, trace(0));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
		set_nr(i ? __NR_getpid : -1);
	}
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(getpid(), c->out[ARG0]);
	EXPECT_EQ(getpid(), next->out[ARG0]);
}

/* A call whose maker dies at its entry is not made. */
TEST_F(entry, killed_at_entry)
{
	int fds[2];
	char byte;

	ASSERT_EQ(0, pipe2(fds, O_NONBLOCK));
	ADD_CALL(__NR_write, fds[1], (long)"x", 1);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	kill(tracee, SIGKILL);
	ASSERT_EQ(KILLED(SIGKILL), wait_stop());
	EXPECT_EQ(-1, read(fds[0], &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
}

/* A signal that the tracer injects at a stop arrives after the call. */
TEST_F(entry, signal_injected_at_stops)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	ASSERT_EQ(STOP_SYSCALL, go_with(PTRACE_SYSCALL, SIGUSR1));
	EXPECT_EQ(getpid(), peek(ARG0));
	ASSERT_EQ(SIGUSR1, go_with(PTRACE_SYSCALL, SIGUSR2));
	EXPECT_EQ(after_svc(), peek(PC));
	/* No marker here */
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	ASSERT_EQ(SIGUSR2, go(PTRACE_SYSCALL));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(getpid(), c->out[ARG0]);
}

TEST_HARNESS_MAIN
