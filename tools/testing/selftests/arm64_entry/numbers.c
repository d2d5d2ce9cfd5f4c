// SPDX-License-Identifier: GPL-2.0
/* Numbers that are no call's */

#include "fixture.h"
#include "tracer.h"

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

TEST_HARNESS_MAIN
