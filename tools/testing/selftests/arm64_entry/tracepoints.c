// SPDX-License-Identifier: GPL-2.0
/* Tracepoints: which calls have an event at their entry, which at their exit */

#include <sched.h>

#include "fixture.h"
#include "events.h"
#include "filter.h"
#include "handler.h"
#include "tracer.h"

static void filter_getpgid(void)
{
	filter_nr(__NR_getpgid, SECCOMP_RET_ERRNO | ODD_ERRNO);
}

TEST_F(entry, tracepoints)
{
	if (!has_tracefs())
		SKIP(return, "no " TRACEFS);
	ADD_CALL(__NR_getppid);
	ADD_CALL(__NR_close, -1);
	ADD_CALL(__NR_getpid);
	ADD_CALL(__NR_getpgid, 0);
	ADD_CALL(__NR_umask, 022);
	ADD_CALL(9999);
	ADD_CALL(-1);
	prepare = filter_getpgid;
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(trace_start());
	/* The first two are left alone, the third is skipped, */
	for (int i = 0; i < 5; i++)
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	set_nr(-1);
	poke(ARG0, 15);
	/* the fourth is the filter's, the fifth is changed. */
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	set_nr(__NR_getppid);
	poke_arg0(0x77);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	trace_stop();

	EXPECT_EQ(14, nr_events);
	/*
	 * A skipped call has both events, as one without a number; one that
	 * does not get by the filters has none at its entry.
	 */
	EXPECT_EVENTS({ tracee, ENTER, __NR_getppid, { PATTERN(ARG0) } },
		      { tracee, EXIT, __NR_getppid, { getpid() } },
		      { tracee, ENTER, __NR_close, { (unsigned long)-1 } },
		      { tracee, EXIT, __NR_close, { -EBADF } },
		      { tracee, ENTER, -1, { PATTERN(ARG0) } },
		      { tracee, EXIT, -1, { 15 } },
		      { tracee, EXIT, __NR_getpgid, { -ODD_ERRNO } },
		      { tracee, ENTER, __NR_getppid, { 0x77 } },
		      { tracee, EXIT, __NR_getppid, { getpid() } },
		      { tracee, ENTER, 9999, { PATTERN(ARG0) } },
		      { tracee, EXIT, 9999, { NO_SUCH_CALL } },
		      { tracee, ENTER, -1, { PATTERN(ARG0) } },
		      { tracee, EXIT, -1, { NO_SUCH_CALL } },
		      { tracee, ENTER, __NR_exit_group, { 0 } });
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(PATTERN(i), events[0].values[i]);
}

/* PTRACE_SYSEMU: no event at the entry, but one at the exit */
TEST_F(entry, tracepoints_of_sysemu)
{
	if (!has_tracefs())
		SKIP(return, "no " TRACEFS);
	ADD_CALL(__NR_getppid);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(trace_start());
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	poke(ARG0, 16);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	trace_stop();
	EXPECT_EVENTS({ tracee, EXIT, __NR_getppid, { 16 } },
		      { tracee, ENTER, __NR_exit_group, { 0 } });
}

TEST_F(entry, tracepoints_of_sigreturn)
{
	if (!has_tracefs())
		SKIP(return, "no " TRACEFS);
	ADD_CALL(__NR_getppid);
	prepare = handle_usr1;
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(trace_start());
	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	kill(tracee, SIGUSR1);
	ASSERT_EQ(SIGUSR1, go(PTRACE_SYSCALL));
	ASSERT_EQ(EXITED(0), go_with(PTRACE_CONT, SIGUSR1));
	trace_stop();
	/* It ends with the registers of what was interrupted, and without a number. */
	EXPECT_EVENTS({ tracee, ENTER, __NR_getppid, { PATTERN(ARG0) } },
		      { tracee, EXIT, __NR_getppid, { getpid() } },
		      { tracee, ENTER, __NR_rt_sigreturn, { ANY } },
		      { tracee, EXIT, -1, { getpid() } },
		      { tracee, ENTER, __NR_exit_group, { 0 } });
}

/* The parent has an exit from the call, the child has none. */
TEST_F(entry, tracepoints_of_fork)
{
	struct call *c = ADD_CALL(__NR_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);
	pid_t child;

	if (!has_tracefs())
		SKIP(return, "no " TRACEFS);
	ADD_CALL(__NR_getppid);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(trace_start());
	while (go(PTRACE_CONT) == SIGCHLD)
		;
	trace_stop();
	child = c->out[ARG0];
	EXPECT_EVENTS({ tracee, ENTER, __NR_clone, { CLONE_VFORK | SIGCHLD } },
		      { child, ENTER, __NR_getppid, { PATTERN(ARG0) } },
		      { child, EXIT, __NR_getppid, { tracee } },
		      { child, ENTER, __NR_exit_group, { 0 } },
		      { tracee, EXIT, __NR_clone, { child } },
		      { tracee, ENTER, __NR_getppid, { PATTERN(ARG0) } },
		      { tracee, EXIT, __NR_getppid, { getpid() } },
		      { tracee, ENTER, __NR_exit_group, { 0 } });
}

TEST_F(entry, tracepoints_of_exec)
{
	if (!has_tracefs())
		SKIP(return, "no " TRACEFS);
	add_exec();
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(trace_start());
	/* exec's own SIGTRAP, as nobody has asked for an event */
	ASSERT_EQ(SIGTRAP, go(PTRACE_CONT));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	trace_stop();
	EXPECT_EVENTS({ tracee, ENTER, __NR_execve, { ANY } },
		      { tracee, EXIT, __NR_execve, { 0 } });
	EXPECT_EQ(ENTER, events[2].exit);
}

int main(int argc, char **argv)
{
	return is_new_program(argc, argv) ? 0 : test_harness_run(argc, argv);
}
