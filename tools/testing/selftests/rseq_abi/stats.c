// SPDX-License-Identifier: GPL-2.0
/*
 * The counters of IDs and critical sections: an event moves its counter. Other
 * tasks may move it as well, so that only the least is known.
 */

#include <sys/time.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define EVENTS	20

FIXTURE(stats)
{
	struct rseq *rs;
	struct contender contender;
	struct stats st;
};

FIXTURE_VARIANT(stats)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(stats, legacy) { };
FIXTURE_VARIANT_ADD(stats, v2) { .v2 = true };

static struct rseq_cs cs;

FIXTURE_SETUP(stats)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
	ASSERT_TRUE(contender_start(&self->contender, 0));
	cs = spin_section();
	ASSERT_TRUE(read_stats(&self->st))
		TH_LOG("format of stats");
}

FIXTURE_TEARDOWN(stats)
{
	contender_stop(&self->contender);
}

/* Every return to user space is an exit, and every preemption there an event. */
TEST_F(stats, exits)
{
	long before = preemptions();

	for (int i = 0; i < EVENTS; i++)
		ASSERT_TRUE(get_preempted());
	before = preemptions() - before;
	ASSERT_TRUE(stats_since(&self->st));
	EXPECT_GE(self->st.v[STAT_EXIT], before);
	/* Some were on the way out of the system call that asks for them. */
	EXPECT_GE(self->st.v[STAT_FASTP], before / 2);
	/* Nobody else moves about as much. Whether debug mode writes them is its business. */
	if (!variant->v2 || !debug_mode())
		EXPECT_EQ(!variant->v2, self->st.v[STAT_IDS] >= before / 2);
}

TEST_F(stats, ids)
{
	int last = last_cpu();

	if (last == 0)
		SKIP(return, "a single CPU never updates its ID");
	for (int i = 0; i < EVENTS; i++)
		ASSERT_TRUE(pin_to(i & 1 ? last : 0));
	ASSERT_TRUE(stats_since(&self->st));
	EXPECT_GE(self->st.v[STAT_IDS], EVENTS);
}

static int signals;

static void count(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	WRITE_ONCE(signals, signals + 1);
}

/* The signals of a timer, which interrupt user space: V2 counts no others. */
TEST_F(stats, signals)
{
	struct itimerval timer = {
		.it_interval.tv_usec = 5000, .it_value.tv_usec = 5000,
	};

	contender_stop(&self->contender);
	ASSERT_TRUE(catch_signal(SIGALRM, count, 0));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	while (READ_ONCE(signals) < EVENTS)
		;
	timer = (struct itimerval){ };
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	ASSERT_TRUE(contender_start(&self->contender, 0));
	ASSERT_TRUE(stats_since(&self->st));
	/* Some find it in setitimer(2), or on the way back from the handler. */
	EXPECT_GE(self->st.v[STAT_SIGNAL], EVENTS / 2);
}

TEST_F(stats, aborts)
{
	for (int i = 0; i < EVENTS; i++)
		ASSERT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, &cs));
	ASSERT_TRUE(stats_since(&self->st));
	EXPECT_GE(self->st.v[STAT_CS], EVENTS);
	EXPECT_GE(self->st.v[STAT_FIXUP], EVENTS);
	EXPECT_LT(self->st.v[STAT_CLEAR], EVENTS);
}

TEST_F(stats, clears)
{
	for (int i = 0; i < EVENTS; i++) {
		WRITE_ONCE(self->rs->rseq_cs, (uintptr_t)&cs);
		while (READ_ONCE(self->rs->rseq_cs))
			;
	}
	ASSERT_TRUE(stats_since(&self->st));
	EXPECT_GE(self->st.v[STAT_CS], EVENTS);
	EXPECT_GE(self->st.v[STAT_CLEAR], EVENTS);
	EXPECT_LT(self->st.v[STAT_FIXUP], EVENTS);
}

static void die_in_section(void *arg)
{
	struct rseq *rs = arg;

	section_spin(&rs->rseq_cs, (const struct rseq_cs *)-1L);
}

/* A failure goes through the slow path before it is one. */
TEST_F(stats, slow_path)
{
	for (int i = 0; i < EVENTS; i++)
		EXPECT_KILLED(in_child(die_in_section, self->rs), SIGSEGV);
	ASSERT_TRUE(stats_since(&self->st));
	EXPECT_GE(self->st.v[STAT_SLOWP], EVENTS);
	/* Evaluated by each of the paths */
	EXPECT_GE(self->st.v[STAT_CS], 2 * EVENTS);
	EXPECT_LT(self->st.v[STAT_FIXUP], EVENTS);
	EXPECT_LT(self->st.v[STAT_CLEAR], EVENTS);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	if (!debugfs_claim() || access(STATS_FILE, R_OK))
		ksft_exit_skip("needs root, debugfs and CONFIG_RSEQ_STATS\n");
	return test_harness_run(argc, argv);
}
