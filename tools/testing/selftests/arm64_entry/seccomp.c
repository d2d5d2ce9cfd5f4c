// SPDX-License-Identifier: GPL-2.0
/* Seccomp: after ptrace, before the tracepoints */

#include "fixture.h"
#include "filter.h"
#include "handler.h"
#include "tracer.h"

/* What the filters of these tests are about, with no effect of its own */
static __u32 filter_action;

static void filter_getppid(void)
{
	filter_nr(__NR_getppid, filter_action);
}

TEST_F(entry, seccomp_errno)
{
	struct call *c = ADD_CALL(__NR_getppid), *allowed = ADD_CALL(__NR_getpid);

	prepare = filter_getppid;
	filter_action = SECCOMP_RET_ERRNO | ODD_ERRNO;
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(-ODD_ERRNO, c->out[ARG0]);
	EXPECT_EQ(PATTERN(ARG1), c->out[ARG1]);
	EXPECT_EQ(tracee, allowed->out[ARG0]);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_EQ(-ODD_ERRNO, peek(ARG0));
}

TEST_F(entry, seccomp_log)
{
	struct call *c = ADD_CALL(__NR_getppid);

	prepare = filter_getppid;
	filter_action = SECCOMP_RET_LOG;
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(getpid(), c->out[ARG0]);
}

TEST_F(entry, seccomp_kill)
{
	ADD_CALL(__NR_getppid);
	prepare = filter_getppid;
	filter_action = SECCOMP_RET_KILL_PROCESS;
	ASSERT_EQ(KILLED(SIGSYS), run());
	filter_action = SECCOMP_RET_KILL_THREAD;
	ASSERT_EQ(KILLED(SIGSYS), run());
}

static void strict_mode(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
}

TEST_F(entry, seccomp_strict)
{
	struct call *c;
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_write, fds[1], (long)"x", 1);
	ADD_CALL(__NR_getppid);
	prepare = strict_mode;
	ASSERT_EQ(KILLED(SIGKILL), run());
	EXPECT_EQ(1, c->out[ARG0]);
}

static void trap_getppid(void)
{
	handle(SIGSYS, 0);
	filter_nr(__NR_getppid, SECCOMP_RET_TRAP | 0x55);
}

TEST_F(entry, seccomp_trap)
{
	struct call *c = ADD_CALL(__NR_getppid);
	struct caught *caught = shm->caught;

	prepare = trap_getppid;
	shm->answers = true;
	shm->answer = 88;
	ASSERT_EQ(EXITED(0), run());
	ASSERT_EQ(1, shm->nr_caught);
	EXPECT_EQ(SIGSYS, caught->info.si_signo);
	EXPECT_EQ(SYS_SECCOMP, caught->info.si_code);
	EXPECT_EQ(0x55, caught->info.si_errno);
	EXPECT_EQ(__NR_getppid, caught->info.si_syscall);
	EXPECT_EQ(AUDIT_ARCH_SELF, caught->info.si_arch);
	EXPECT_EQ(after_svc(), (unsigned long)caught->info.si_call_addr);
	EXPECT_EQ(after_svc(), caught->pc);
	EXPECT_EQ(PATTERN(ARG0), caught->arg0);
	EXPECT_EQ(88, c->out[ARG0]);
	EXPECT_EQ(PATTERN(ARG1), c->out[ARG1]);
}

TEST_F(entry, seccomp_trap_traced)
{
	ADD_CALL(__NR_getppid);
	prepare = trap_getppid;
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	EXPECT_EQ(0, peek(MARKER));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	ASSERT_EQ(SIGSYS, go(PTRACE_SYSCALL));
	EXPECT_EQ(after_svc(), peek(PC));
}

static void trap_getppid_restart(void)
{
	handle(SIGSYS, SA_RESTART);
	filter_nr(__NR_getppid, SECCOMP_RET_TRAP);
}

/* First arguments that would have a call restarted if they were its result */
static const long like_restart[] = {
	-ERESTARTSYS, -ERESTARTNOINTR, -ERESTARTNOHAND, -ENOIOCTLCMD, -ERESTART_RESTARTBLOCK,
#ifdef __aarch64__
	/* An address, of which the lower half is -ERESTARTSYS */
	0x7ffffffffe00,
#endif
};

TEST_F(entry, seccomp_trap_like_restart)
{
	shm->answers = true;
	shm->answer = 88;
	for (int i = 0; i < ARRAY_SIZE(like_restart); i++) {
		for (int restart = 0; restart < 2; restart++) {
			struct call *c;

			shm->nr_calls = 0;
			shm->nr_caught = 0;
			c = ADD_CALL(__NR_getppid, like_restart[i]);
			prepare = restart ? trap_getppid_restart : trap_getppid;
			ASSERT_EQ(EXITED(0), run());
			EXPECT_EQ(1, shm->nr_caught)
				TH_LOG("argument %ld, restart %d", like_restart[i], restart);
			EXPECT_EQ(after_svc(), shm->caught->pc);
			EXPECT_EQ(like_restart[i], shm->caught->arg0);
			EXPECT_EQ(88, c->out[ARG0]);
			for (int reg = ARG1; reg < NR_REGS; reg++)
				EXPECT_EQ(c->in[reg], c->out[reg]);
		}
	}
}

/* From the exit on there is no system call, and the signal is the tracer's to suppress. */
TEST_F(entry, seccomp_trap_like_restart_traced)
{
	for (int i = 0; i < ARRAY_SIZE(like_restart); i++) {
		struct call *c;

		shm->nr_calls = 0;
		c = ADD_CALL(__NR_getppid, like_restart[i]);
		prepare = trap_getppid;
		ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
		EXPECT_EQ(__NR_getppid, get_nr());
		ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
#ifdef __aarch64__
		EXPECT_EQ(-1, get_nr());
#endif
		EXPECT_EQ(like_restart[i], peek(ARG0));
		ASSERT_EQ(SIGSYS, go(PTRACE_SYSCALL));
		EXPECT_EQ(after_svc(), peek(PC));
		EXPECT_EQ(like_restart[i], peek(ARG0));
		ASSERT_EQ(EXITED(0), go(PTRACE_CONT))
			TH_LOG("argument %ld", like_restart[i]);
		for (int reg = 0; reg < NR_REGS; reg++)
			EXPECT_EQ(c->in[reg], c->out[reg]);
	}
}

/* The stops are: entry, filter, exit. */
TEST_F(entry, seccomp_trace)
{
	struct call *c = ADD_CALL(__NR_getppid), *skipped = ADD_CALL(__NR_getppid);
	struct ptrace_syscall_info info;

	prepare = filter_getppid;
	filter_action = SECCOMP_RET_TRACE | 0x66;
	ASSERT_EQ(STOP_SYSCALL, trace_entry(PTRACE_O_TRACESECCOMP));
	EXPECT_EQ(0, peek(MARKER));
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_SECCOMP), go(PTRACE_SYSCALL));
	EXPECT_EQ(0x66, event_msg());
	/* No marker here */
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	EXPECT_EQ(after_svc(), peek(PC));
	info = syscall_info();
	EXPECT_EQ(PTRACE_SYSCALL_INFO_SECCOMP, info.op);
	EXPECT_EQ(__NR_getppid, info.seccomp.nr);
	EXPECT_EQ(PATTERN(ARG5), info.seccomp.args[5]);
	EXPECT_EQ(0x66, info.seccomp.ret_data);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	EXPECT_EQ(getpid(), peek(ARG0));

	/* Without PTRACE_SYSCALL there is only the filter's. */
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_SECCOMP), go(PTRACE_CONT));
	set_nr(-1);
	poke(ARG0, 12);
	/* What begins with the filter may well end with an exit. */
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(getpid(), c->out[ARG0]);
	EXPECT_EQ(12, skipped->out[ARG0]);
}

static void trace_getppid_forbid_umask(void)
{
	filter_nr(__NR_umask, SECCOMP_RET_ERRNO | ODD_ERRNO);
	filter_nr(__NR_getpgid, SECCOMP_RET_TRACE);
	filter_nr(__NR_getppid, SECCOMP_RET_TRACE);
}

/* The filters look again at what they have let a tracer change, but once only. */
TEST_F(entry, seccomp_trace_number_changed)
{
	struct call *forbidden = ADD_CALL(__NR_getppid), *traced = ADD_CALL(__NR_getppid, 0);

	prepare = trace_getppid_forbid_umask;
	ASSERT_EQ(0, trace(PTRACE_O_TRACESECCOMP));
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_SECCOMP), go(PTRACE_CONT));
	set_nr(__NR_umask);
	ASSERT_EQ(STOP_EVENT(PTRACE_EVENT_SECCOMP), go(PTRACE_CONT));
	EXPECT_EQ(-ODD_ERRNO, forbidden->out[ARG0]);
	set_nr(__NR_getpgid);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(getpgid(0), traced->out[ARG0]);
}

TEST_F(entry, seccomp_trace_without_tracer)
{
	struct call *c = ADD_CALL(__NR_getppid);

	prepare = filter_getppid;
	filter_action = SECCOMP_RET_TRACE;
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
	c->out[ARG0] = 0;
	/* A tracer that has not asked for it is none. */
	ASSERT_EQ(0, trace(0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
}

/* What a tracer makes of a call is what the filters see. */
TEST_F(entry, seccomp_after_ptrace)
{
	struct call *forbidden = ADD_CALL(__NR_getpid), *allowed = ADD_CALL(__NR_getppid);
	struct call *skipped = ADD_CALL(__NR_getppid);

	prepare = filter_getppid;
	filter_action = SECCOMP_RET_ERRNO | ODD_ERRNO;
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(__NR_getppid);
	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	set_nr(__NR_getpid);
	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	set_nr(-1);
	poke(ARG0, 13);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(-ODD_ERRNO, forbidden->out[ARG0]);
	EXPECT_EQ(tracee, allowed->out[ARG0]);
	EXPECT_EQ(13, skipped->out[ARG0]);
}

/* An emulated call does not get as far as to the filters. */
TEST_F(entry, seccomp_after_sysemu)
{
	struct call *c = ADD_CALL(__NR_getppid);

	prepare = filter_getppid;
	filter_action = SECCOMP_RET_KILL_PROCESS;
	ASSERT_EQ(0, trace(0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSEMU));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(PATTERN(ARG0), c->out[ARG0]);
}

static struct seccomp_data expected_data;

static void filter_expected_data(void)
{
	filter_data(&expected_data, SECCOMP_RET_ERRNO | ODD_ERRNO);
}

static void expect_getppid_data(void)
{
	expected_data.nr = __NR_getppid;
	expected_data.arch = AUDIT_ARCH_SELF;
	expected_data.instruction_pointer = after_svc();
	for (int i = 0; i < 6; i++)
		expected_data.args[i] = PATTERN(i);
	prepare = filter_expected_data;
}

TEST_F(entry, seccomp_data)
{
	struct call *c = ADD_CALL(__NR_getppid), *different = ADD_CALL(__NR_getppid);

	different->in[ARG5]++;
	expect_getppid_data();
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(-ODD_ERRNO, c->out[ARG0]);
	EXPECT_EQ(getpid(), different->out[ARG0]);
}

TEST_F(entry, seccomp_data_changed_by_tracer)
{
	struct call *c = ADD_CALL(__NR_getppid);

	expect_getppid_data();
	expected_data.args[0] = 1;
	expected_data.args[2] = 2;
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	poke_arg0(1);
	poke(ARG2, 2);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(-ODD_ERRNO, c->out[ARG0]);
}

#ifndef __aarch64__
/* The first argument is orig_r0, for the filters and for the call. */
TEST_F(entry, r0_changed_without_orig_r0)
{
	struct call *c = ADD_CALL(__NR_getppid), *asked;

	ADD_CALL(__NR_umask, 011);
	asked = ADD_CALL(__NR_umask, 0);
	expect_getppid_data();
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	poke(ARG0, 1);
	EXPECT_EQ(PATTERN(ARG0), syscall_info().entry.args[0]);
	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	poke(ARG0, 033);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(-ODD_ERRNO, c->out[ARG0]);
	EXPECT_EQ(011, asked->out[ARG0]);
}
#endif

TEST_HARNESS_MAIN
