// SPDX-License-Identifier: GPL-2.0
/* System call user dispatch: before everything else, which does not notice */

#include <sched.h>

#include "fixture.h"
#include "events.h"
#include "handler.h"
#include "tracer.h"

static const struct stub stub_other = STUB(other, 4);

static bool has_dispatch(void)
{
	return !prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
}

/* The stub "other" may make calls whatever the selector says. */
static void dispatch_on(void)
{
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, other,
		  stub_other.end - (char *)other, &shm->selector))
		_exit(1);
}

static void dispatch(void)
{
	handle(SIGSYS, 0);
	dispatch_on();
}

/* Some of the arguments look like results that have a call restarted. */
TEST_F(entry, dispatch_blocked)
{
	static const long args[] = {
		0x1234, -ERESTARTSYS, -ERESTARTNOINTR, -ERESTARTNOHAND, -ERESTART_RESTARTBLOCK,
	};
	struct call *c[5];

	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	for (int i = 0; i < 5; i++)
		c[i] = ADD_CALL(__NR_getppid, args[i]);
	prepare = dispatch;
	ASSERT_EQ(EXITED(0), run());
	ASSERT_EQ(5, shm->nr_caught);
	for (int i = 0; i < 5; i++) {
		struct caught *caught = &shm->caught[i];

		EXPECT_EQ(SYS_USER_DISPATCH, caught->info.si_code);
		EXPECT_EQ(0, caught->info.si_errno);
		EXPECT_EQ(__NR_getppid, caught->info.si_syscall);
		EXPECT_EQ(AUDIT_ARCH_SELF, caught->info.si_arch);
		EXPECT_EQ(after_svc(), (unsigned long)caught->info.si_call_addr);
		EXPECT_EQ(after_svc(), caught->pc);
		EXPECT_EQ(args[i], caught->arg0);
		for (int reg = 0; reg < NR_REGS; reg++)
			EXPECT_EQ(c[i]->in[reg], c[i]->out[reg]);
	}
}

TEST_F(entry, dispatch_emulated)
{
	struct call *c = ADD_CALL(-1), *same = ADD_CALL(__NR_getppid);

	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	prepare = dispatch;
	shm->answers = true;
	shm->answer = -ERESTARTSYS;
	ASSERT_EQ(EXITED(0), run());
	ASSERT_EQ(2, shm->nr_caught);
	EXPECT_EQ(-1, shm->caught[0].info.si_syscall);
	EXPECT_EQ(PATTERN(ARG0), shm->caught[0].arg0);
	EXPECT_EQ(-ERESTARTSYS, c->out[ARG0]);
	EXPECT_EQ(-ERESTARTSYS, same->out[ARG0]);
}

TEST_F(entry, dispatch_allowed_region)
{
	struct call *c = ADD_CALL(__NR_getppid), *off, *not_blocked;

	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	c->stub = &stub_other;
	off = ADD_CALL(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	off->stub = &stub_other;
	not_blocked = ADD_CALL(__NR_getppid);
	prepare = dispatch;
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(0, shm->nr_caught);
	EXPECT_EQ(getpid(), c->out[ARG0]);
	EXPECT_EQ(0, off->out[ARG0]);
	EXPECT_EQ(getpid(), not_blocked->out[ARG0]);
}

static unsigned char bad_selector = 77;
static void *selector;

static void dispatch_by_selector(void)
{
	handle(SIGSYS, 0);
	handle(SIGSEGV, 0);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, selector);
}

/* Not even a handler saves who has a selector that says nothing. */
TEST_F(entry, dispatch_bad_selector)
{
	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	ADD_CALL(__NR_getppid);
	prepare = dispatch_by_selector;
	selector = &bad_selector;
	EXPECT_EQ(KILLED(SIGSYS), run());
	selector = (void *)16;
	EXPECT_EQ(KILLED(SIGSEGV), run());
	EXPECT_EQ(0, shm->nr_caught);
}

/* A new process has none of it. */
TEST_F(entry, dispatch_not_inherited)
{
	struct call *c = ADD_CALL(__NR_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0);

	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	c->stub = &stub_other;
	ADD_CALL(__NR_getppid);
	prepare = dispatch;
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(0, shm->child_out[ARG0]);
	EXPECT_EQ(1, shm->nr_caught);
}

/* The handlers' way back is not blocked, whichever it is. */

static void count_only(int sig)
{
	(void)sig;
	shm->nr_caught++;
}

static void (*dispatch_handler)(int sig);
static unsigned long dispatch_flags;

static void dispatch_to(void)
{
	handle_by(SIGSYS, dispatch_handler, dispatch_flags);
	dispatch_on();
}

#ifndef __aarch64__
__attribute__((target("arm"))) static void count_in_arm(int sig)
{
	(void)sig;
	shm->nr_caught++;
}

__attribute__((target("thumb"))) static void count_in_thumb(int sig)
{
	(void)sig;
	shm->nr_caught++;
}
#endif

TEST_F(entry, dispatch_sigreturn)
{
	void (*const handlers[])(int sig) = {
		count_only,
#ifndef __aarch64__
		count_in_arm, count_in_thumb,
#endif
	};

	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	ADD_CALL(__NR_getppid);
	prepare = dispatch_to;
	for (int i = 0; i < ARRAY_SIZE(handlers); i++) {
		dispatch_handler = handlers[i];
		for (int rt = 0; rt < 2; rt++) {
			dispatch_flags = rt ? SA_SIGINFO : 0;
			shm->nr_caught = 0;
			ASSERT_EQ(EXITED(0), run())
				TH_LOG("handler %d, rt %d", i, rt);
			EXPECT_EQ(1, shm->nr_caught);
		}
	}
}

/* A tracer and the tracepoints see the signal, but no call. */
TEST_F(entry, dispatch_traced)
{
	if (!has_dispatch())
		SKIP(return, "no system call user dispatch");
	ADD_CALL(__NR_getppid);
	prepare = dispatch;
	ASSERT_EQ(0, trace(0));
	if (has_tracefs())
		ASSERT_TRUE(trace_start());
	ASSERT_EQ(SIGSYS, go(PTRACE_SYSCALL));
	EXPECT_EQ(SYS_USER_DISPATCH, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	ASSERT_EQ(STOP_SYSCALL, go_with(PTRACE_SYSCALL, SIGSYS));
	EXPECT_EQ(__NR_rt_sigreturn, get_nr());
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	if (!has_tracefs())
		return;
	trace_stop();
	EXPECT_EVENTS({ tracee, ENTER, __NR_rt_sigreturn, { ANY } },
		      { tracee, EXIT, -1, { PATTERN(ARG0) } },
		      { tracee, ENTER, __NR_exit_group, { 0 } });
}

TEST_HARNESS_MAIN
