// SPDX-License-Identifier: GPL-2.0
/*
 * PREEMPT_RT: slices delay threads of the fair class, and no realtime thread.
 *
 *	CPU of the grants			another CPU
 *	-----------------			-----------
 *						wakes a fair thread
 *	page fault
 *	request: to be granted
 *						wakes a realtime thread
 *	drops what the slice delays
 *
 * What is dropped must not be the request of the realtime thread, or it waits
 * for the end of the slice. See "Remote reschedule for a realtime thread" in
 * Documentation/userspace-api/rseq-slice.rst.
 *
 * The second wakeup comes about when the grant is given. From its end on, the
 * thread with the grant is not to be seen in user space before the realtime
 * thread is.
 */

#include <limits.h>
#include <linux/futex.h>
#include <sys/utsname.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define WAKEUPS		8000
#define SLICE		50000
#define BOUND		10000

#define PAUSE		500000
#define STEP		500
#define JITTER		5000

#define PAGES		1024

#define BUCKET		5000
#define BUCKETS		20

struct sleeper {
	pthread_t thread;
	__u32 calls;
	__u32 answers;
	long long granted;	/* seen by the thread with the grant, the last time before */
};

static struct sleeper fair, realtime;

static int grants;
static long long last_granted;
static bool over;
static int histogram[BUCKETS];
static long long longest;

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

static void *sleep_until_called(void *arg)
{
	struct sleeper *s = arg;

	for (__u32 seen = 0; seen < WAKEUPS; seen++) {
		while (READ_ONCE(s->calls) == seen)
			syscall(__NR_futex, &s->calls, FUTEX_WAIT_PRIVATE, seen, NULL);
		WRITE_ONCE(s->granted, READ_ONCE(last_granted));
		WRITE_ONCE(s->answers, seen + 1);
	}
	return NULL;
}

static void call(struct sleeper *s)
{
	WRITE_ONCE(s->calls, s->calls + 1);
	syscall(__NR_futex, &s->calls, FUTEX_WAKE_PRIVATE, 1);
}

static void pause_for(long long nsec)
{
	long long then = now() + nsec;

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec) { then / NSEC_PER_SEC, then % NSEC_PER_SEC }, NULL);
}

static void record(long long called)
{
	long long delay = READ_ONCE(realtime.granted) - called;

	if (delay < 0)
		delay = 0;
	if (delay > longest)
		longest = delay;
	histogram[delay < BUCKET * BUCKETS ? delay / BUCKET : BUCKETS - 1]++;
}

static void *waker(void *arg)
{
	unsigned int seed = 1;
	long later = 20000;

	if (!pin_to(*(int *)arg))
		return NULL;
	for (__u32 calls = 1; calls <= WAKEUPS; calls++) {
		int before = READ_ONCE(grants);
		long long called;

		call(&fair);
		pause_for(later + rand_r(&seed) % JITTER);
		call(&realtime);
		called = now();
		do {
			pause_for(PAUSE);
		} while (READ_ONCE(fair.answers) != calls || READ_ONCE(realtime.answers) != calls);
		record(called);
		/* A grant shows some time after what it delays was dropped. */
		later += READ_ONCE(grants) == before ? STEP : -3 * STEP;
	}
	WRITE_ONCE(over, true);
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

/* Request at each page fault, and use up what is granted: the vDSO has the time. */
static void request_until_over(struct rseq *rs, const char *pages)
{
	for (size_t page = 0; !READ_ONCE(over); page = (page + 1) % PAGES) {
		if (!page)
			madvise((void *)pages, PAGES * page_size(), MADV_DONTNEED);
		set_word(rs, REQUESTED);
		READ_ONCE(pages[page * page_size()]);
		if (word(rs) == GRANTED)
			WRITE_ONCE(grants, grants + 1);
		while (word(rs) == GRANTED)
			WRITE_ONCE(last_granted, now());
	}
}

TEST(realtime_threads_are_not_delayed)
{
	int here = last_cpu(), there = 0;
	struct rseq *rs;
	pthread_t wakes;
	char *pages;

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
	pages = mmap(NULL, PAGES * page_size(), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, pthread_create(&fair.thread, NULL, sleep_until_called, &fair));
	ASSERT_TRUE(start_realtime(&realtime.thread, sleep_until_called, &realtime));
	ASSERT_TRUE(start_realtime(&wakes, waker, &there));
	invite_preemption();

	request_until_over(rs, pages);
	pthread_join(wakes, NULL);
	pthread_join(realtime.thread, NULL);
	pthread_join(fair.thread, NULL);

	TH_LOG("%d grants; %d wakeups, the longest delay %lld ns", grants, WAKEUPS, longest);
	for (int i = 0; i < BUCKETS; i++)
		if (histogram[i])
			TH_LOG("from %3d us: %d", i * BUCKET / 1000, histogram[i]);
	EXPECT_GT(grants, WAKEUPS / 8);
	EXPECT_LT(longest, BOUND);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	return test_harness_run(argc, argv);
}
