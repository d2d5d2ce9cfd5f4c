// SPDX-License-Identifier: GPL-2.0
/*
 * PREEMPT_RT: slices delay threads of the fair class, and no realtime thread.
 *
 *	CPU of the grants			another CPU
 *	-----------------			-----------
 *	tick: a fair thread's turn
 *	request: to be granted
 *						wakes a realtime thread
 *	drops what the slice delays
 *
 * What is dropped must not be the request of the realtime thread, or it waits
 * for the end of the slice. See "Remote reschedule" in
 * Documentation/userspace-api/rseq-slice.rst.
 *
 * The wakeups come around the tick, at random. Meant for a guest whose time is
 * the instructions that it executes: elsewhere, a host that is busy or firmware
 * may take longer than the bound.
 */

#include <limits.h>
#include <linux/futex.h>
#include <sys/utsname.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define WAKEUPS		8000
#define SLICE		50000
#define BOUND		40000
#define AROUND		20000

#define BUCKET		5000
#define BUCKETS		20

static struct {
	__u32 calls;
	__u32 answers;
	long long answered;
	bool over;
	int took[BUCKETS];
	long long longest;
} wakeup;

static bool is_realtime(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

static bool become_realtime(void)
{
	struct sched_param param = { .sched_priority = 50 };

	return !sched_setscheduler(0, SCHED_FIFO, &param);
}

static void *sleeper(void *arg)
{
	(void)arg;
	for (__u32 seen = 0; seen < WAKEUPS; seen++) {
		while (READ_ONCE(wakeup.calls) == seen)
			syscall(__NR_futex, &wakeup.calls, FUTEX_WAIT_PRIVATE, seen, NULL);
		WRITE_ONCE(wakeup.answered, now());
		WRITE_ONCE(wakeup.answers, seen + 1);
	}
	return NULL;
}

/* The ticks of all CPUs come at multiples of their period. */
static void sleep_until_about_a_tick(void)
{
	static unsigned int seed = 1;
	struct timespec period;
	long long then;

	clock_getres(CLOCK_MONOTONIC_COARSE, &period);
	then = now() / period.tv_nsec + 2;
	then = then * period.tv_nsec + rand_r(&seed) % (2 * AROUND) - AROUND;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec) { then / NSEC_PER_SEC, then % NSEC_PER_SEC }, NULL);
}

/*
 * From the return of the call on: before that, one CPU may stand still while
 * the emulator is busy with the other.
 */
static void record(long long called)
{
	long long took = READ_ONCE(wakeup.answered) - called;

	if (took < 0)
		took = 0;
	if (took > wakeup.longest)
		wakeup.longest = took;
	wakeup.took[took < BUCKET * BUCKETS ? took / BUCKET : BUCKETS - 1]++;
}

static void *waker(void *arg)
{
	long long called = 0;

	if (!pin_to(*(int *)arg))
		return NULL;
	for (__u32 call = 0; ; call++) {
		do {
			sleep_until_about_a_tick();
		} while (READ_ONCE(wakeup.answers) != call);
		if (call)
			record(called);
		if (call == WAKEUPS)
			break;
		WRITE_ONCE(wakeup.calls, call + 1);
		syscall(__NR_futex, &wakeup.calls, FUTEX_WAKE_PRIVATE, INT_MAX);
		called = now();
	}
	WRITE_ONCE(wakeup.over, true);
	return NULL;
}

/* A thread that is realtime from its first instruction */
static bool start_realtime(pthread_t *thread, void *(*run)(void *arg), void *arg)
{
	struct sched_param param = { };

	if (!become_realtime() || pthread_create(thread, NULL, run, arg))
		return false;
	return !sched_setscheduler(0, SCHED_OTHER, &param);
}

TEST(realtime_threads_are_not_delayed)
{
	int here = last_cpu(), there = 0, granted = 0;
	struct contender contender;
	pthread_t sleeps, wakes;
	struct rseq *rs;
	long loops;

	if (!is_realtime())
		SKIP(return, "needs PREEMPT_RT");
	if (here == there)
		SKIP(return, "needs two CPUs");
	if (read_number(NSEC_FILE) != SLICE)
		SKIP(return, "needs slices of 50 us");
	ASSERT_TRUE(pin_to(here));
	rs = area_alloc();
	ASSERT_NE(NULL, rs);
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	loops = loops_in(2 * NSEC_PER_MSEC);
	ASSERT_TRUE(start_realtime(&sleeps, sleeper, NULL));
	ASSERT_TRUE(start_realtime(&wakes, waker, &there));
	ASSERT_TRUE(contender_start(&contender, 0));

	while (!READ_ONCE(wakeup.over)) {
		set_word(rs, REQUESTED);
		spin_while(rs, REQUESTED, loops);
		if (word(rs) != GRANTED)
			continue;
		granted++;
		/* All of the slice, if need be */
		spin_while(rs, GRANTED, loops);
	}
	contender_stop(&contender);
	pthread_join(wakes, NULL);
	pthread_join(sleeps, NULL);

	TH_LOG("%d grants; %d wakeups, the longest took %lld ns", granted, WAKEUPS,
	       wakeup.longest);
	for (int i = 0; i < BUCKETS; i++)
		if (wakeup.took[i])
			TH_LOG("from %3d us: %d", i * BUCKET / 1000, wakeup.took[i]);
	EXPECT_EQ(WAKEUPS, READ_ONCE(wakeup.answers));
	EXPECT_GT(granted, WAKEUPS / 20);
	EXPECT_LT(wakeup.longest, BOUND);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	return test_harness_run(argc, argv);
}
