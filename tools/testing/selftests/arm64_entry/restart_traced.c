// SPDX-License-Identifier: GPL-2.0
/* Calls that a signal interrupts, with all the stops that a tracer sees */

#include <sched.h>
#include <time.h>

#include "fixture.h"
#include "handler.h"
#include "tracer.h"

enum disposition { SWALLOWED, HANDLED, HANDLED_RESTART, NR_DISPOSITIONS };

static void handle_usr1_as(enum disposition how)
{
	prepare = how == HANDLED_RESTART ? handle_usr1_restart : handle_usr1;
}

/*
 * A call that a signal keeps from being made, and ends with @err for now. With
 * @restarts[how] it is made again after that, by the number @again.
 */
static void expect_restart(struct __test_metadata *_metadata, struct call *c, int err, int again,
			   const bool *restarts)
{
	for (int how = 0; how < NR_DISPOSITIONS; how++) {
		handle_usr1_as(how);
		ASSERT_EQ(0, trace(0));
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
		ASSERT_EQ(c->in[NR], get_nr());
		kill(tracee, SIGUSR1);
		/* The tracer sees the kernel's reasons, */
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
		EXPECT_EQ(1, peek(MARKER));
		EXPECT_EQ(-err, peek(ARG0));
		EXPECT_EQ(-err, syscall_info().exit.rval);
		EXPECT_EQ(c->in[NR], get_nr());
		EXPECT_EQ(after_svc(), peek(PC));
		/* then the signal, with the call wound back, */
		ASSERT_EQ(SIGUSR1, go(PTRACE_SYSCALL));
		EXPECT_EQ((unsigned long)stub->svc, peek(PC));
		EXPECT_EQ(c->in[ARG0], peek(ARG0));
		EXPECT_EQ(c->in[NR], peek(NR));
		EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
		if (how == SWALLOWED) {
			ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
		} else {
			/* then the handler's way back, */
			ASSERT_EQ(STOP_SYSCALL, go_with(PTRACE_SYSCALL, SIGUSR1));
			EXPECT_EQ(0, peek(MARKER));
			EXPECT_EQ(__NR_rt_sigreturn, get_nr());
			ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
			EXPECT_EQ(1, peek(MARKER));
#ifdef __aarch64__
			/* (which is no system call any more when it is over) */
			EXPECT_EQ(-1, get_nr());
#endif
			EXPECT_EQ(restarts[how] ? c->in[ARG0] : -EINTR, peek(ARG0));
			EXPECT_EQ(restarts[how] ? (unsigned long)stub->svc : after_svc(), peek(PC));
			ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
		}
		/* then what comes next. */
		EXPECT_EQ(0, peek(MARKER));
		if (restarts[how]) {
			EXPECT_EQ(how == SWALLOWED ? again : c->in[NR], get_nr());
			EXPECT_EQ(c->in[ARG0], peek(ARG0));
			EXPECT_EQ((unsigned long)c->in[ARG0], syscall_info().entry.args[0]);
			EXPECT_EQ(after_svc(), peek(PC));
		} else {
			EXPECT_EQ(__NR_exit_group, get_nr());
			EXPECT_EQ(-EINTR, c->out[ARG0]);
		}
		kill(tracee, SIGKILL);
		ASSERT_EQ(KILLED(SIGKILL), wait_stop());
	}
}

TEST_F(entry, stops_of_restartsys)
{
	static const bool restarts[] = { true, false, true };
	int fds[2];
	char byte;

	ASSERT_EQ(0, pipe(fds));
	expect_restart(_metadata, ADD_CALL(__NR_read, fds[0], (long)&byte, 1),
		       ERESTARTSYS, __NR_read, restarts);
}

TEST_F(entry, stops_of_restartnointr)
{
	static const bool restarts[] = { true, true, true };

	expect_restart(_metadata, ADD_CALL(__NR_clone, SIGCHLD, 0, 0, 0, 0),
		       ERESTARTNOINTR, __NR_clone, restarts);
}

TEST_F(entry, stops_of_restartnohand)
{
	static const bool restarts[] = { true, false, false };
	__u64 mask = 0;

	expect_restart(_metadata, ADD_CALL(__NR_rt_sigsuspend, (long)&mask, 8),
		       ERESTARTNOHAND, __NR_rt_sigsuspend, restarts);
}

TEST_F(entry, stops_of_restartblock)
{
	static const bool restarts[] = { true, false, false };
	const __s64 ts[2] = { 100, 0 };

	expect_restart(_metadata, ADD_CALL(NR_SLEEP, CLOCK_MONOTONIC, 0, (long)ts, 0),
		       ERESTART_RESTARTBLOCK, __NR_restart_syscall, restarts);
}

/* A tracer's result that looks like a reason to restart is one. */
TEST_F(entry, restart_by_tracer)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	poke(ARG0, -ERESTARTNOINTR);
	kill(tracee, SIGUSR1);
	ASSERT_EQ(SIGUSR1, go(PTRACE_SYSCALL));
	EXPECT_EQ((unsigned long)stub->svc, peek(PC));
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(__NR_getppid, get_nr());
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(getpid(), c->out[ARG0]);
}

/* A tracer that takes pc elsewhere has the last word. */
TEST_F(entry, restart_prevented_by_tracer)
{
	int fds[2];
	char byte;
	struct call *c;

	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_read, fds[0], (long)&byte, 1);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	kill(tracee, SIGUSR1);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(SIGUSR1, go(PTRACE_SYSCALL));
	poke(PC, after_svc());
	poke(ARG0, 14);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(14, c->out[ARG0]);
}

TEST_HARNESS_MAIN
