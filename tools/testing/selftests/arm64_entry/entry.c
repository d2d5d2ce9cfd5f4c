// SPDX-License-Identifier: GPL-2.0
/*
 * What user space can observe of arm64's system call entry and exit: the stops
 * of a traced process and its registers at each of them, the order in which
 * ptrace, seccomp and the tracepoints see a call, how calls are restarted.
 */


#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <linux/netlink.h>

#include "kselftest_harness.h"
#include "events.h"
#include "filter.h"
#include "handler.h"
#include "tracer.h"

#ifdef __aarch64__
static const struct stub stub_storing = STUB(storing, 4);
#endif
static const struct stub stub_other = STUB(other, 4);

FIXTURE(entry)
{
};

FIXTURE_VARIANT(entry)
{
	struct stub stub;
};

#ifdef __aarch64__
FIXTURE_VARIANT_ADD(entry, a64) { .stub = STUB(a64, 4) };
#else
FIXTURE_VARIANT_ADD(entry, arm) { .stub = STUB(arm, 4) };
FIXTURE_VARIANT_ADD(entry, thumb) { .stub = STUB(thumb, 2) };
#endif

FIXTURE_SETUP(entry)
{
	stub = &variant->stub;
	shm = mmap(NULL, sizeof(*shm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(shm != MAP_FAILED);
}

FIXTURE_TEARDOWN(entry)
{
	if (tracee > 0)
		kill(tracee, SIGKILL);
	trace_discard();
}

/* PTRACE_SYSCALL: two stops for each call */

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

/* Changing a call at its entry */

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

/* Numbers that are no call's */

TEST_F(entry, call_minus_one_traced)
{
	struct call *c = ADD_CALL(-1), *answered = ADD_CALL(-1), *changed = ADD_CALL(-1);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	EXPECT_EQ(-1, get_nr());
	EXPECT_EQ(NO_SUCH_CALL, peek(ARG0));
	EXPECT_EQ(-1, (long long)syscall_info().entry.nr);
	EXPECT_EQ(PATTERN(ARG0), syscall_info().entry.args[0]);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(NO_SUCH_CALL, peek(ARG0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	poke(ARG0, 66);
	ASSERT_EQ(STOP_SYSCALL, go_times(2, PTRACE_SYSCALL));
	set_nr(__NR_getppid);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
	EXPECT_EQ(66, answered->out[ARG0]);
	EXPECT_EQ(getpid(), changed->out[ARG0]);
}

TEST_F(entry, call_minus_one_untraced)
{
	struct call *c = ADD_CALL(-1);

	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
	EXPECT_EQ(PATTERN(ARG1), c->out[ARG1]);
}

TEST_F(entry, number_out_of_range)
{
	struct call *c = ADD_CALL(9999);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	EXPECT_EQ(9999, get_nr());
	/* Unlike with -1 */
	EXPECT_EQ(PATTERN(ARG0), peek(ARG0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(NO_SUCH_CALL, peek(ARG0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
	shm->nr_calls = 0;
	c = ADD_CALL(9999);
	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
}

TEST_F(entry, registers_preserved)
{
	struct call *c = ADD_CALL(__NR_getppid);

	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(getpid(), c->out[ARG0]);
	for (int i = ARG1; i < NR_REGS; i++)
		EXPECT_EQ(c->in[i], c->out[i]);
}

#ifdef __aarch64__
/* The upper half of the number is not looked at. */
TEST_F(entry, number_is_32_bits_wide)
{
	struct call *c = ADD_CALL(__NR_getppid | 1L << 32);

	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(getpid(), c->out[ARG0]);
}
#endif

/* PTRACE_SYSEMU: one stop for each call, which is not made */

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

/* PTRACE_SINGLESTEP */

TEST_F(entry, singlestep)
{
	ADD_CALL(__NR_getppid);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(step_to(stub->svc));
	/* The kernel reports the step itself, as tells the code, */
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(PTRACE_SYSCALL_INFO_NONE, syscall_info().op);
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(getpid(), peek(ARG0));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	/* and the hardware, for which the svc was a step, reports it once more. */
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(after_svc() + stub->len, peek(PC));
}

/* Writing to any register begins a new step. */
TEST_F(entry, singlestep_registers_written)
{
	ADD_CALL(__NR_getppid);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(step_to(stub->svc));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	poke(ARG1, 0);
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(after_svc() + stub->len, peek(PC));
}

/* From an entry stop a step ends where the exit stop would be, but is none. */
TEST_F(entry, singlestep_from_entry)
{
	ADD_CALL(__NR_getppid);
	ADD_CALL(__NR_getppid);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(getpid(), peek(ARG0));
	EXPECT_EQ(PATTERN(MARKER), peek(MARKER));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(0, peek(MARKER));
	/* And from an exit stop it is the next instruction. */
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(1, peek(MARKER));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(after_svc() + stub->len, peek(PC));
}

TEST_F(entry, singlestep_of_minus_one)
{
	ADD_CALL(-1);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(step_to(stub->svc));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(NO_SUCH_CALL, peek(ARG0));
}

TEST_F(entry, singlestep_restarted)
{
	int fds[2];
	char byte;

	ASSERT_EQ(0, pipe(fds));
	ADD_CALL(__NR_read, fds[0], (long)&byte, 1);
	ASSERT_EQ(0, trace(0));
	ASSERT_TRUE(step_to(stub->svc));
	ASSERT_EQ(0, sys_ptrace(PTRACE_SINGLESTEP, tracee, 0, 0));
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGUSR1);
	/* The step is reported when the call has already been wound back. */
	ASSERT_EQ(SIGTRAP, wait_stop());
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ((unsigned long)stub->svc, peek(PC));
	EXPECT_EQ(fds[0], peek(ARG0));
	ASSERT_EQ(SIGUSR1, go(PTRACE_SINGLESTEP));
	EXPECT_EQ((unsigned long)stub->svc, peek(PC));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(1, peek(ARG0));
}

TEST_F(entry, singlestep_into_handler)
{
	ADD_CALL(__NR_getppid);
	prepare = handle_usr1;
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	kill(tracee, SIGUSR1);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(SIGUSR1, go(PTRACE_SINGLESTEP));
	ASSERT_EQ(SIGTRAP, go_with(PTRACE_SINGLESTEP, SIGUSR1));
	EXPECT_EQ(SIGTRAP, stop_code());
	/* Bit 0 is a matter of the instruction set. */
	EXPECT_EQ((unsigned long)handler & ~1ul, peek(PC) & ~1ul);
	EXPECT_EQ(SIGUSR1, peek(ARG0));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(TRAP_TRACE, stop_code());
	EXPECT_EQ(0, shm->nr_caught);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(1, shm->nr_caught);
}

/* A tracer that steps over the end of a handler is where the signal arrived. */
TEST_F(entry, singlestep_sigreturn)
{
	int stop;

	ADD_CALL(__NR_getppid);
	prepare = handle_usr1;
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	kill(tracee, SIGUSR1);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(SIGUSR1, go(PTRACE_CONT));
	ASSERT_EQ(STOP_SYSCALL, go_with(PTRACE_SYSCALL, SIGUSR1));
	ASSERT_EQ(__NR_rt_sigreturn, syscall_info().entry.nr);
	stop = go(PTRACE_SINGLESTEP);
	ASSERT_EQ(SIGTRAP, stop);
	EXPECT_EQ(SI_USER, stop_code());
	EXPECT_EQ(after_svc(), peek(PC));
	EXPECT_EQ(getpid(), peek(ARG0));
	ASSERT_EQ(SIGTRAP, go(PTRACE_SINGLESTEP));
	EXPECT_EQ(after_svc() + stub->len, peek(PC));
}

/* Seccomp: after ptrace, before the tracepoints */

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

/* Restarting */

TEST_F(entry, read_interrupted)
{
	int fds[2];
	char byte;
	struct call *c;

	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_read, fds[0], (long)&byte, 1);
	prepare = handle_usr1;
	launch(false);
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGUSR1);
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ(1, shm->nr_caught);
	EXPECT_EQ(after_svc(), shm->caught->pc);
	EXPECT_EQ(-EINTR, shm->caught->arg0);
	EXPECT_EQ(-EINTR, c->out[ARG0]);
}

TEST_F(entry, read_restarted)
{
	int fds[2];
	char byte;
	struct call *c;

	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_read, fds[0], (long)&byte, 1);
	prepare = handle_usr1_restart;
	launch(false);
	for (int i = 1; i <= 3; i++) {
		ASSERT_TRUE(wait_asleep());
		kill(tracee, SIGUSR1);
		while (__atomic_load_n(&shm->nr_caught, __ATOMIC_RELAXED) < i)
			nap();
	}
	ASSERT_TRUE(wait_asleep());
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ((unsigned long)stub->svc, shm->caught->pc);
	EXPECT_EQ(fds[0], shm->caught->arg0);
	EXPECT_EQ(1, c->out[ARG0]);
	for (int i = ARG1; i < NR_REGS; i++)
		EXPECT_EQ(c->in[i], c->out[i]);
}

/* With a handler, whatever its flags, these do not wait for anything else. */
TEST_F(entry, suspend_interrupted)
{
	__u64 mask = 0;
	struct call *c = ADD_CALL(__NR_rt_sigsuspend, (long)&mask, 8);

	for (int restart = 0; restart < 2; restart++) {
		prepare = restart ? handle_usr1_restart : handle_usr1;
		launch(false);
		ASSERT_TRUE(wait_asleep());
		kill(tracee, SIGSTOP);
		ASSERT_EQ(SIGSTOP, wait_stop());
		kill(tracee, SIGCONT);
		ASSERT_TRUE(wait_asleep());
		kill(tracee, SIGUSR1);
		ASSERT_EQ(EXITED(0), wait_stop());
		EXPECT_EQ(restart + 1, shm->nr_caught);
		EXPECT_EQ(-EINTR, c->out[ARG0]);
	}
}

static __s64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The sleep goes on by another number, which the tracee finds in its register. */
TEST_F(entry, sleep_restarted)
{
	const __s64 nsec = 300000000, ts[2] = { 0, nsec };
	struct call *c = ADD_CALL(NR_SLEEP, CLOCK_MONOTONIC, 0, (long)ts, 0);
	__s64 start = now();

	launch(false);
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGSTOP);
	ASSERT_EQ(SIGSTOP, wait_stop());
	kill(tracee, SIGCONT);
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ(0, c->out[ARG0]);
	EXPECT_EQ(__NR_restart_syscall, c->out[NR]);
	for (int i = ARG1; i <= ARG6; i++)
		EXPECT_EQ(c->in[i], c->out[i]);
	EXPECT_GE(now() - start, nsec);
}

TEST_F(entry, sleep_interrupted)
{
	const __s64 ts[2] = { 100, 0 };
	struct call *c = ADD_CALL(NR_SLEEP, CLOCK_MONOTONIC, 0, (long)ts, 0);

	prepare = handle_usr1_restart;
	launch(false);
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGUSR1);
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ(-EINTR, c->out[ARG0]);
	EXPECT_EQ(NR_SLEEP, c->out[NR]);
}

/* The same, with all the stops */

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

/* New processes, and new programs */

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

TEST_F(entry, exec)
{
	static const char *const argv[] = { "entry", "--exit", NULL };

	ADD_CALL(__NR_execve, (long)"/proc/self/exe", (long)argv, 0);
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
	static const char *const argv[] = { "entry", "--exit", NULL };
	unsigned long pc;

	ADD_CALL(__NR_execve, (long)"/proc/self/exe", (long)argv, 0);
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

/* Tracepoints */

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
	static const char *const argv[] = { "entry", "--exit", NULL };

	if (!has_tracefs())
		SKIP(return, "no " TRACEFS);
	ADD_CALL(__NR_execve, (long)"/proc/self/exe", (long)argv, 0);
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

/* Audit: what a rule has it record of a call is known at its exit */

struct request {
	struct nlmsghdr		hdr;
	union {
		struct audit_status	status;
		struct audit_rule_data	rule;
	};
};

#define MAX_RECORD	9000	/* the header, the text, an end to that */

static int audit_fd;

/* Send a request; 0 or the error that the kernel answers with. */
static int audit_do(struct request *req, int type, int len)
{
	struct {
		struct nlmsghdr	hdr;
		struct nlmsgerr	err;
	} answer;

	req->hdr.nlmsg_type = type;
	req->hdr.nlmsg_len = NLMSG_LENGTH(len);
	req->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (send(audit_fd, req, req->hdr.nlmsg_len, 0) < 0)
		return errno;
	do {
		if (recv(audit_fd, &answer, sizeof(answer), 0) < 0)
			return errno;
	} while (answer.hdr.nlmsg_type != NLMSG_ERROR);
	return -answer.err.error;
}

/* Have records sent to us, or to nobody. */
static int audit_enable(bool on)
{
	struct request req = { };

	req.status.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID;
	req.status.enabled = on;
	req.status.pid = on ? getpid() : 0;
	return audit_do(&req, AUDIT_SET, sizeof(req.status));
}

/* Every call of our children that has this number, or an end to that */
static int audit_rule(int type, int nr)
{
	struct request req = { };

	req.rule.flags = AUDIT_FILTER_EXIT;
	req.rule.action = AUDIT_ALWAYS;
	req.rule.field_count = 1;
	req.rule.fields[0] = AUDIT_PPID;
	req.rule.fieldflags[0] = AUDIT_EQUAL;
	req.rule.values[0] = getpid();
	req.rule.mask[AUDIT_WORD(nr)] = AUDIT_BIT(nr);
	return audit_do(&req, type, sizeof(req.rule));
}

/* Whether the next record of a call of the tracee says all of @expected */
static bool recorded(const char *expected)
{
	char record[MAX_RECORD], maker[32];
	struct nlmsghdr *hdr = (void *)record;
	const char *text = NLMSG_DATA(hdr);
	ssize_t len;

	snprintf(maker, sizeof(maker), " pid=%d ", tracee);
	do {
		len = recv(audit_fd, record, sizeof(record) - 1, 0);
		if (len < 0)
			return false;
		record[len] = '\0';
	} while (hdr->nlmsg_type != AUDIT_SYSCALL || !strstr(text, maker));
	if (strstr(text, expected))
		return true;
	ksft_print_msg("audit: %s\n", text);
	return false;
}

#define AUDITED	__NR_getppid

/* Records take their time: a thread of the kernel sends them. */
static bool audit_start(void)
{
	struct timeval patience = { .tv_sec = 10 };

	audit_fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
	if (audit_fd < 0)
		return false;
	setsockopt(audit_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return !audit_enable(true) && !audit_rule(AUDIT_ADD_RULE, AUDITED);
}

static int audit_stop(void)
{
	return audit_rule(AUDIT_DEL_RULE, AUDITED) ?: audit_enable(false);
}

TEST_F(entry, audit)
{
	char expected[128];

	if (!audit_start())
		SKIP(return, "no audit");
	ADD_CALL(AUDITED);
	ADD_CALL(__NR_getpid);
	ADD_CALL(AUDITED, 0x11);
	ASSERT_EQ(EXITED(0), run());
	snprintf(expected, sizeof(expected),
		 "arch=%x syscall=%d success=yes exit=%d a0=%x a1=%x a2=%x a3=%x ",
		 AUDIT_ARCH_SELF, AUDITED, getpid(), PATTERN(ARG0), PATTERN(ARG1),
		 PATTERN(ARG2), PATTERN(ARG3));
	EXPECT_TRUE(recorded(expected));
	EXPECT_TRUE(recorded(" a0=11 "));
	EXPECT_EQ(0, audit_stop());
}

/* The record is of the call that a tracer leaves behind. */
TEST_F(entry, audit_after_tracer)
{
	char expected[128];

	if (!audit_start())
		SKIP(return, "no audit");
	ADD_CALL(__NR_close, 0x11);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(AUDITED);
	poke_arg0(0x77);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	poke(ARG0, -5);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	/* At the exit, audit comes before ptrace. */
	snprintf(expected, sizeof(expected), "arch=%x syscall=%d success=yes exit=%d a0=77 ",
		 AUDIT_ARCH_SELF, AUDITED, getpid());
	EXPECT_TRUE(recorded(expected));
	EXPECT_EQ(0, audit_stop());
}

/* System call user dispatch: before all of the above, which does not notice */

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

#ifdef __aarch64__

/* MTE: an asynchronous fault that the kernel learns of at the entry of a call */

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

#else

/* The calls that only arm has */

#define NR_CACHEFLUSH	0x0f0002
#define NR_SET_TLS	0x0f0005
#define NR_UNDEFINED	0x0f07ff
#define NR_BEYOND	0x0f0800

TEST_F(entry, arm_cacheflush)
{
	long code = (long)stub->svc;
	struct call *c = ADD_CALL(NR_CACHEFLUSH, code, code + 64, 0);
	struct call *backwards = ADD_CALL(NR_CACHEFLUSH, 2, 1, 0);
	struct call *flags = ADD_CALL(NR_CACHEFLUSH, 1, 2, 1);

	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(0, c->out[ARG0]);
	EXPECT_EQ(-EINVAL, backwards->out[ARG0]);
	EXPECT_EQ(-EINVAL, flags->out[ARG0]);
}

/* No C code in between, which might want to find its own thread area. */
TEST_F(entry, arm_set_tls)
{
	long old, set;

	asm volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(old));
	struct call *c = ADD_CALL(NR_SET_TLS, 0x5000), *back = ADD_CALL(NR_SET_TLS, old);

	stub->call(c);
	asm volatile("mrc p15, 0, %0, c13, c0, 3" : "=r"(set) : : "memory");
	stub->call(back);
	EXPECT_EQ(0, c->out[ARG0]);
	EXPECT_EQ(0, back->out[ARG0]);
	EXPECT_EQ(0x5000, set);
}

TEST_F(entry, arm_undefined)
{
	struct call *c = ADD_CALL(NR_UNDEFINED), *traced;

	ASSERT_EQ(EXITED(0), run());
	EXPECT_EQ(NO_SUCH_CALL, c->out[ARG0]);
	shm->nr_calls = 0;
	traced = ADD_CALL(__NR_getppid);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(NR_UNDEFINED);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	EXPECT_EQ(NO_SUCH_CALL, peek(ARG0));
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	EXPECT_EQ(NO_SUCH_CALL, traced->out[ARG0]);
}

static void handle_ill(void)
{
	handle(SIGILL, 0);
}

TEST_F(entry, arm_beyond)
{
	struct call *c = ADD_CALL(NR_BEYOND);

	prepare = handle_ill;
	ASSERT_EQ(EXITED(0), run());
	ASSERT_EQ(1, shm->nr_caught);
	EXPECT_EQ(ILL_ILLTRP, shm->caught->info.si_code);
	EXPECT_EQ((unsigned long)stub->svc, (unsigned long)shm->caught->info.si_addr);
	EXPECT_EQ(after_svc(), shm->caught->pc);
	EXPECT_EQ(0, shm->caught->arg0);
	EXPECT_EQ(0, c->out[ARG0]);

	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	ASSERT_EQ(SIGILL, go(PTRACE_SYSCALL));
}

#endif

int main(int argc, char **argv)
{
	/* What the tests of exec run */
	if (argc == 2 && !strcmp(argv[1], "--exit"))
		return 0;
	return test_harness_run(argc, argv);
}
