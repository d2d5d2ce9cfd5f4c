// SPDX-License-Identifier: GPL-2.0
/* PTRACE_SINGLESTEP over calls */

#include "fixture.h"
#include "handler.h"
#include "tracer.h"

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

TEST_HARNESS_MAIN
