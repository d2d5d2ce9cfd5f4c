// SPDX-License-Identifier: GPL-2.0
/* Row 2 of the table of modes: critical sections */

#include "mode.h"
#include "rseq_debugfs.h"

#define TRIES		20

static bool announce(struct rseq *rs)
{
	WRITE_ONCE(rs->rseq_cs, (uintptr_t)&cs);
	return READ_ONCE(rs->rseq_cs);
}

/* Most of the tries, as an interrupt may come in between. Or else none. */
static void expect_most(struct __test_metadata *_metadata, bool most, int count)
{
	EXPECT_EQ(most, count > TRIES / 2);
	EXPECT_TRUE(most || !count)
		TH_LOG("%d of %d", count, TRIES);
}

TEST_F(mode, rseq_cs_after_preemption)
{
	ASSERT_TRUE(contender_start(&self->contender, 0));
	for (int i = 0; i < TRIES; i++) {
		/* Not in the section that is announced: cleared */
		announce(self->rs);
		EXPECT_TRUE(get_preempted());
		EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
		/* In it: aborted, and cleared as well */
		EXPECT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, &cs));
		EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
	}
	contender_stop(&self->contender);
}

/*
 * In neither mode is anything evaluated after a context switch to which a
 * system call led, except that debug mode looks at each return from one.
 */
TEST_F(mode, rseq_cs_after_sleep)
{
	int slept = 0, kept = 0;

	while (slept < TRIES) {
		struct timespec ts = { .tv_nsec = NSEC_PER_MSEC };
		long switches = context_switches();
		__u64 rseq_cs;

		announce(self->rs);
		nanosleep(&ts, NULL);
		rseq_cs = READ_ONCE(self->rs->rseq_cs);
		WRITE_ONCE(self->rs->rseq_cs, 0);
		/* On a slow machine the time may be over before that. */
		if (context_switches() == switches)
			continue;
		slept++;
		kept += rseq_cs != 0;
	}
	expect_most(_metadata, !debug_mode(), kept);
}

/* The same from within: the section outlives the switch and runs to its end. */
TEST_F(mode, section_sleeps)
{
	struct timespec ts = { .tv_nsec = NSEC_PER_MSEC };
	struct rseq_cs sleeps = call_section();
	int left = 0;

	if (debug_mode())
		SKIP(return, "fatal in debug mode");
	for (int i = 0; i < TRIES; i++) {
		left += section_call(&self->rs->rseq_cs, &sleeps, __NR_nanosleep,
				     &ts, NULL) == SECTION_LEFT;
		WRITE_ONCE(self->rs->rseq_cs, 0);
	}
	expect_most(_metadata, true, left);
}

static __u64 handler_rseq_cs;

static void look_at_rseq_cs(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	handler_rseq_cs = READ_ONCE(member.rs->rseq_cs);
}

/* A signal that a system call leads to: only legacy mode evaluates. */
TEST_F(mode, rseq_cs_before_signal_handler)
{
	int kept = 0;

	ASSERT_TRUE(catch_signal(SIGUSR1, look_at_rseq_cs, 0));
	for (int i = 0; i < TRIES; i++) {
		announce(self->rs);
		raise(SIGUSR1);
		kept += handler_rseq_cs == (uintptr_t)&cs;
		WRITE_ONCE(self->rs->rseq_cs, 0);
	}
	expect_most(_metadata, variant->v2 && !debug_mode(), kept);
}

static void get_signal_with_bad_rseq_cs(void *arg)
{
	struct member *m = arg;

	FAIL_UNLESS(100, catch_signal(SIGUSR1, look_at_rseq_cs, 0));
	WRITE_ONCE(m->rs->rseq_cs, ~0ULL);
	raise(SIGUSR1);
	WRITE_ONCE(m->rs->rseq_cs, 0);
	_exit(handler_rseq_cs != ~0ULL);
}

TEST_F(mode, bad_rseq_cs_before_signal_handler)
{
	int survived = 0;

	for (int i = 0; i < TRIES; i++) {
		int status = in_child(get_signal_with_bad_rseq_cs, &member);

		if (WIFEXITED(status))
			EXPECT_EXITED(status, 0);
		else
			EXPECT_KILLED(status, SIGSEGV);
		survived += WIFEXITED(status);
	}
	expect_most(_metadata, variant->v2 && !debug_mode(), survived);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
