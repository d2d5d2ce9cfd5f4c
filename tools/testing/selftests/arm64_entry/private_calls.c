// SPDX-License-Identifier: GPL-2.0
/* The calls that only arm has */

#include "fixture.h"
#include "handler.h"
#include "tracer.h"

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

TEST_HARNESS_MAIN
