// SPDX-License-Identifier: GPL-2.0
/*
 * A CPU goes away while threads have grants there, and comes back
 *
 *	CPU of the grants			another CPU
 *	-----------------			-----------
 *	granted, timer armed
 *						takes the CPU offline
 *	the threads leave, the timer too
 *						reads the threads' IDs
 *						brings the CPU back
 *	the threads return
 *
 * Every grant has ended once, whatever CPU it ended on, and no thread that runs
 * elsewhere finds the ID of the CPU that is gone in its area.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define CYCLES		20
#define AWAY_USEC	20000
#define STRIKERS	4
#define ONLINE_FILE	"/sys/devices/system/cpu/cpu%d/online"

struct striker {
	pthread_t	thread;
	struct rseq	*rs;
	unsigned long	strikes;
	unsigned long	granted_there;
	bool		misplaced;
	bool		failed;
};

static struct striker strikers[STRIKERS];
static pthread_barrier_t barrier;
static char online[64];
static int there;		/* the CPU that goes away */
static bool away;		/* it is gone for sure */
static bool stop;

static void end_grant(struct striker *s)
{
	switch (s->strikes % 3) {
	case 0:
		slice_yield();
		break;
	case 1:
		syscall(__NR_getppid);
		break;
	case 2:
		spin_while(s->rs, GRANTED, loops_in(NSEC_PER_MSEC));
		break;
	}
}

static void strike(struct striker *s)
{
	struct rseq *rs = s->rs;

	s->strikes++;
	/* It is refused while the CPU is away. */
	pin_to(there);
	set_word(rs, REQUESTED);
	spin_while(rs, REQUESTED, loops_in(2 * NSEC_PER_MSEC));
	set_request(rs, 0);
	if (word(rs) == GRANTED) {
		if (READ_ONCE(rs->cpu_id) == there)
			WRITE_ONCE(s->granted_there, s->granted_there + 1);
		end_grant(s);
	}
	if (READ_ONCE(away) && READ_ONCE(rs->cpu_id) == there && READ_ONCE(away))
		s->misplaced = true;
}

static void *keep_striking(void *arg)
{
	struct striker *s = arg;

	s->rs = area_alloc();
	s->failed = !s->rs || register_v2(s->rs, FLAG_DEFAULT_ON);
	pthread_barrier_wait(&barrier);
	while (!READ_ONCE(stop) && !s->failed)
		strike(s);
	/* Ends a grant that was given since. */
	if (unregister(s->rs, v2_len()))
		s->failed = true;
	return NULL;
}

static unsigned long granted_there(void)
{
	unsigned long sum = 0;

	for (int i = 0; i < STRIKERS; i++)
		sum += READ_ONCE(strikers[i].granted_there);
	return sum;
}

/* Each of the cycles begins while grants are given. */
static bool wait_for_grants(void)
{
	unsigned long seen = granted_there();
	long long start = now();

	while (granted_there() < seen + STRIKERS) {
		if (now() - start > PATIENCE)
			return false;
		usleep(1000);
	}
	return true;
}

TEST(balance)
{
	unsigned long *v;
	struct stats st;

	ASSERT_TRUE(read_stats(&st));
	loops_in(0);		/* measured while the CPU is not shared */
	pthread_barrier_init(&barrier, NULL, STRIKERS + 1);
	for (int i = 0; i < STRIKERS; i++)
		ASSERT_EQ(0, pthread_create(&strikers[i].thread, NULL, keep_striking,
					    &strikers[i]));
	ASSERT_TRUE(pin_to(0));
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < CYCLES; i++) {
		ASSERT_TRUE(wait_for_grants())
			TH_LOG("no grants before cycle %d", i);
		ASSERT_EQ(0, write_string(online, "0"));
		WRITE_ONCE(away, true);
		usleep(AWAY_USEC);
		WRITE_ONCE(away, false);
		ASSERT_EQ(0, write_string(online, "1"));
	}
	EXPECT_TRUE(wait_for_grants());
	WRITE_ONCE(stop, true);
	for (int i = 0; i < STRIKERS; i++) {
		ASSERT_EQ(0, pthread_join(strikers[i].thread, NULL));
		EXPECT_FALSE(strikers[i].failed);
		EXPECT_FALSE(strikers[i].misplaced);
	}

	ASSERT_TRUE(stats_since(&st));
	v = st.v;
	TH_LOG("sgrant %lu = srevok %lu + syield %lu + sabort %lu, sexpir %lu",
	       v[STAT_SGRANT], v[STAT_SREVOK], v[STAT_SYIELD], v[STAT_SABORT], v[STAT_SEXPIR]);
	EXPECT_EQ(v[STAT_SGRANT], grants_ended(&st));
	EXPECT_GE(v[STAT_SGRANT], granted_there());
}

static void bring_back(void)
{
	write_string(online, "1");
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	if (access(STATS_FILE, R_OK))
		ksft_exit_skip("needs root, debugfs and CONFIG_RSEQ_STATS\n");
	there = last_cpu();
	snprintf(online, sizeof(online), ONLINE_FILE, there);
	if (there == 0 || access(online, W_OK))
		ksft_exit_skip("needs a CPU that can be taken offline\n");
	/* Affinity can be set to it again only when it is there. */
	atexit(bring_back);
	return test_harness_run(argc, argv);
}
