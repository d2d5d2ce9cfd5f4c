// SPDX-License-Identifier: GPL-2.0
/*
 * Debug mode is a static key: switching it changes the code on the way into
 * the kernel and out of it, while other CPUs are on that way.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define DURATION	(2 * NSEC_PER_SEC)
#define GRANTS		10
#define SWITCHES	50	/* The least, on the slowest kernel */

struct operator {
	pthread_t	thread;
	bool		stop;
	long		switches;
	int		error;
};

static void *keep_switching(void *arg)
{
	struct operator *op = arg;

	pin_to(0);
	while (!READ_ONCE(op->stop) && !op->error) {
		op->error = write_string(DEBUG_FILE, op->switches & 1 ? "0" : "1");
		op->switches++;
		usleep(100);	/* for the others, if there is one CPU */
	}
	return NULL;
}

/* Grants that end in either way, then none: for that too the entry work changes. */
static bool use_slices(struct rseq *rs)
{
	for (int i = 0; i < GRANTS; i++) {
		if (!obtain_grant(rs))
			return false;
		if (i & 1)
			slice_yield();
		else
			syscall(__NR_getppid);
	}
	return !slice_set(0) && syscall(__NR_getppid) > 0 && !slice_set(PR_RSEQ_SLICE_EXT_ENABLE);
}

TEST(switched_under_load)
{
	struct rseq *rs = area_alloc();
	struct contender contender;
	struct operator op = { };
	long long end;
	long grants = 0;

	ASSERT_NE(NULL, rs);
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	ASSERT_EQ(0, pthread_create(&op.thread, NULL, keep_switching, &op));
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_TRUE(contender_start(&contender, 100000));
	for (end = now() + DURATION; now() < end; grants += GRANTS)
		ASSERT_TRUE(use_slices(rs));
	contender_stop(&contender);
	WRITE_ONCE(op.stop, true);
	ASSERT_EQ(0, pthread_join(op.thread, NULL));
	TH_LOG("switched %ld times, %ld grants", op.switches, grants);
	EXPECT_EQ(0, op.error);
	EXPECT_GE(op.switches, SWITCHES);
	EXPECT_EQ(op.switches & 1, debug_mode());
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	if (!debugfs_claim())
		ksft_exit_skip("needs root and debugfs\n");
	write_string(NSEC_FILE, "50000");	/* as longest_grants() does */
	return test_harness_run(argc, argv);
}
