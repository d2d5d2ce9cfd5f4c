// SPDX-License-Identifier: GPL-2.0
/*
 * The bound of a grant: how long a thread runs on that never gives its grant
 * back
 *
 * The thread reads a clock, then its control word, over and over. The last
 * reading before it finds the grant gone tells how long it ran, to the length
 * of one loop:
 *
 *	reading		word
 *			requested
 *	  <interrupt>			delays a reschedule until the slice is over
 *	t1		granted
 *	...
 *	tn		granted
 *	  <slice timer>			the others run
 *			0
 *
 * A host that takes the CPU away cannot make tn - t1 longer than the slice: the
 * interrupt is pending when the CPU is back, and comes before another reading.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

/*
 * As many grants as there are in 5 s, 1000 at most. With PREEMPT_RT there are
 * about 100: at most ticks a realtime thread of the kernel wakes up first, and
 * for that no request is granted.
 */
#define FEWEST_GRANTS	10
#define MOST_GRANTS	1000
#define DURATION	(5 * NSEC_PER_SEC)

#define LONGEST_NSEC	50000

/*
 * How late the timer may be: its interrupt waits for nothing but interrupts
 * being on. A slice starts in the kernel, before the first reading, so in
 * guests whose clock counts instructions, 2 ns each, no grant of 50 us lasted
 * longer than 49 us: in C and in Rust, on x86_64 and on arm64, with PREEMPT_RT;
 * nor longer than 38 us with lockdep, which takes its time on the way to user
 * space. A grant that nothing ends at its time lasts until the next tick, 1 ms
 * or more. This leaves hardware some time, and that no chance.
 */
#define LATENCY_NSEC	100000

#if defined(__x86_64__)
#define HAS_TICKS	true
static inline __u64 ticks(void)
{
	__u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (__u64)high << 32 | low;
}
#elif defined(__aarch64__)
#define HAS_TICKS	true
static inline __u64 ticks(void)
{
	__u64 val;

	asm volatile("isb; mrs %0, cntvct_el0" : "=r"(val) : : "memory");
	return val;
}
#elif defined(__riscv)
#define HAS_TICKS	true
static inline __u64 ticks(void)
{
	__u64 val;

	asm volatile("rdtime %0" : "=r"(val) : : "memory");
	return val;
}
#else
#define HAS_TICKS	false
static inline __u64 ticks(void)
{
	return 0;
}
#endif

static double ticks_per_nsec(void)
{
	long long start = now(), end;
	__u64 before = ticks();

	do {
		end = now();
	} while (end - start < 20 * NSEC_PER_MSEC);
	return (double)(ticks() - before) / (end - start);
}

/* The ticks between the first and the last reading in a grant */
static bool sit_out_grant(struct rseq *rs, __u64 *lasted)
{
	long long start = now();
	__u64 first, last, tick;

	do {
		if (now() - start > PATIENCE)
			return false;
		set_word(rs, REQUESTED);
		while (word(rs) == REQUESTED)
			;
		first = ticks();
	} while (word(rs) != GRANTED);
	last = first;
	while (tick = ticks(), word(rs) == GRANTED)
		last = tick;
	*lasted = last - first;
	return true;
}

static bool rang;

static void ring(int sig)
{
	(void)sig;
	WRITE_ONCE(rang, true);
}

/* The same with a timer of the thread's own, instead of the kernel's for slices */
static __u64 sit_out_timer(timer_t timer, long nsec)
{
	struct itimerspec once = { .it_value.tv_nsec = nsec };
	__u64 first, last, tick;

	WRITE_ONCE(rang, false);
	timer_settime(timer, 0, &once, NULL);
	first = ticks();
	last = first;
	while (tick = ticks(), !READ_ONCE(rang))
		last = tick;
	return last - first;
}

/*
 * An emulator may deliver interrupts late while it goes on executing, as no
 * host and no hardware does. Then it does so for any timer, sooner or later.
 */
static bool timers_are_late(long nsec, __u64 limit)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	long long start = now();
	timer_t timer;

	signal(SIGUSR1, ring);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		return false;
	while (now() - start < PATIENCE) {
		if (sit_out_timer(timer, nsec) > limit)
			return true;
	}
	return false;
}

static bool high_resolution(void)
{
	struct timespec res;

	return !clock_getres(CLOCK_MONOTONIC, &res) && !res.tv_sec && res.tv_nsec == 1;
}

TEST(bounded)
{
	long slice = read_number(NSEC_FILE);
	bool known = slice > 0, blameless;
	int grants = 0, late = 0, used_up = 0;
	struct contender contender;
	long long start;
	__u64 limit, longest = 0;
	struct rseq *rs;
	double rate;

	if (!HAS_TICKS)
		SKIP(return, "no clock that can be read without a system call");
	if (!high_resolution())
		SKIP(return, "high resolution timers are not active");
	if (!known)
		slice = LONGEST_NSEC;
	rs = area_alloc();
	ASSERT_NE(NULL, rs);
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	rate = ticks_per_nsec();
	limit = (slice + LATENCY_NSEC) * rate;
	ASSERT_TRUE(contender_start(&contender, 0));
	start = now();
	for (; grants < MOST_GRANTS && now() - start < DURATION; grants++) {
		__u64 lasted;

		ASSERT_TRUE(sit_out_grant(rs, &lasted));
		late += lasted > limit;
		used_up += lasted > slice / 2 * rate;
		if (lasted > longest)
			longest = lasted;
	}
	TH_LOG("longest of %d grants of %ld ns: %.0f ns, %d used up", grants, slice,
	       longest / rate, used_up);
	blameless = late && timers_are_late(slice, limit);
	contender_stop(&contender);
	EXPECT_GE(grants, FEWEST_GRANTS);
	/* A shorter slice may be over before a slow machine gets to user space. */
	if (known && slice == LONGEST_NSEC)
		EXPECT_GE(used_up, grants / 10);
	if (blameless)
		SKIP(return, "timers of this machine are later than a slice may last");
	EXPECT_EQ(0, late);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	return test_harness_run(argc, argv);
}
