// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a grant, as the control word and rseq_slice_yield(2) tell it
 *
 * Whatever a test does with a grant may come too late: between the look at the
 * word and the next instruction the grant may be revoked. Where the outcome
 * depends on that, a test tries until the outcome it is about was seen, and
 * what it expects in between holds for both.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define WAKEUP_NSEC	100000

FIXTURE(grant)
{
	struct rseq *rs;
	struct contender contender;
	long long start;
};

FIXTURE_VARIANT(grant)
{
	int flags;
};

FIXTURE_VARIANT_ADD(grant, by_prctl) { };
FIXTURE_VARIANT_ADD(grant, by_default) { .flags = FLAG_DEFAULT_ON };

FIXTURE_SETUP(grant)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, variant->flags));
	if (!variant->flags)
		ASSERT_EQ(0, slice_set(PR_RSEQ_SLICE_EXT_ENABLE));
	ASSERT_TRUE(contender_start(&self->contender, WAKEUP_NSEC));
	self->start = now();
}

FIXTURE_TEARDOWN(grant)
{
	contender_stop(&self->contender);
}

#define PATIENT() (now() - self->start < PATIENCE)

TEST_F(grant, yield)
{
	int yielded = 0;

	EXPECT_EQ(0, slice_yield());
	do {
		ASSERT_TRUE(obtain_grant(self->rs));
		if (slice_yield() == 1)
			yielded++;
		ASSERT_EQ(0, word(self->rs));
		/* Told once */
		ASSERT_EQ(0, slice_yield());
		ASSERT_EQ(0, word(self->rs));
	} while (yielded < 10 && PATIENT());
	EXPECT_EQ(10, yielded);
}

TEST_F(grant, any_syscall)
{
	pid_t parent = getppid();

	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(obtain_grant(self->rs));
		/* Ends the grant and does its work nevertheless */
		ASSERT_EQ(parent, syscall(__NR_getppid));
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
	}
}

/* A number that is no system call's is an entry into the kernel as well. */
TEST_F(grant, no_syscall)
{
	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_EQ(-1, syscall(100000));
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
	}
}

TEST_F(grant, expires)
{
	long limit = loops_in(NSEC_PER_SEC);

	for (int i = 0; i < 20; i++) {
		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_LT(spin_while(self->rs, GRANTED, limit), limit);
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
	}
}

/* Any request other than zero counts, and the reserved bits are left alone. */
TEST_F(grant, odd_words)
{
	if (debug_mode())
		SKIP(return, "debug mode takes these words for corruption");
	ASSERT_TRUE(request_grant(self->rs, word_of(0xff, 0, 0), GRANTED));
	slice_yield();
	EXPECT_EQ(0, word(self->rs));
	ASSERT_TRUE(request_grant(self->rs, word_of(0x80, 0, 0xbeef), word_of(0, 1, 0xbeef)));
	slice_yield();
	EXPECT_EQ(0, word(self->rs));
}

/* A second request within a grant is answered by taking the grant away. */
TEST_F(grant, nested_request)
{
	long limit = loops_in(NSEC_PER_SEC);

	if (debug_mode())
		SKIP(return, "fatal in debug mode");
	for (int i = 0; i < 20; i++) {
		__u32 val;

		ASSERT_TRUE(obtain_grant(self->rs));
		set_request(self->rs, 1);
		while ((val = word(self->rs)) == word_of(1, 1, 0) && limit--)
			;
		/*
		 *	kernel			user
		 *	revokes, word = 0
		 *				request = 1, by itself a new one
		 *	grants
		 */
		ASSERT_TRUE(val == 0 || val == REQUESTED || val == GRANTED);
		slice_yield();
	}
	ASSERT_GT(limit, 0);
}

TEST_F(grant, without_request)
{
	for (int i = 0; i < 20; i++) {
		EXPECT_TRUE(get_preempted());
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
	}
}

TEST_F(grant, withdrawn_request)
{
	long loops = loops_in(2 * NSEC_PER_MSEC);
	int withdrawn = 0;

	do {
		set_request(self->rs, 1);
		set_request(self->rs, 0);
		if (word(self->rs) == 0) {
			/* Not granted until now, never granted */
			ASSERT_EQ(loops, spin_while(self->rs, 0, loops));
			withdrawn++;
		}
		slice_yield();
	} while (withdrawn < 100 && PATIENT());
	EXPECT_EQ(100, withdrawn);
}

/* A request is for the next interrupt: no system call answers it. */
TEST_F(grant, request_outlives_syscall)
{
	int untouched = 0;

	/*
	 * The first system call since a grant was revoked is still checked,
	 * and the request is mistaken for a word that was tampered with.
	 */
	if (debug_mode())
		SKIP(return, "may be fatal in debug mode");
	do {
		long yielded;

		set_word(self->rs, REQUESTED);
		yielded = slice_yield();
		if (word(self->rs) == REQUESTED) {
			ASSERT_EQ(0, yielded);
			untouched++;
		}
	} while (untouched < 100 && PATIENT());
	EXPECT_EQ(100, untouched);
}

TEST_F(grant, disabled)
{
	long loops = loops_in(3 * NSEC_PER_SEC);

	ASSERT_EQ(0, slice_set(0));
	for (int i = 0; i < 100; i++) {
		set_word(self->rs, REQUESTED);
		spin_while(self->rs, REQUESTED, loops);
		/* Preempted, and the request is gone with that */
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
	}
	ASSERT_EQ(0, slice_set(PR_RSEQ_SLICE_EXT_ENABLE));
	EXPECT_TRUE(obtain_grant(self->rs));
}

/* The kernel believes in the grants it gave, not in what the word says. */
TEST_F(grant, forged)
{
	int kept = 0;

	if (debug_mode())
		SKIP(return, "may be fatal in debug mode");
	do {
		set_word(self->rs, GRANTED);
		ASSERT_EQ(0, slice_yield());
		kept += word(self->rs) == GRANTED;
	} while (kept < 100 && PATIENT());
	EXPECT_EQ(100, kept);
}

/* Legacy mode knows no slices, and does not touch the word. */
TEST(legacy_request_ignored)
{
	struct contender contender;
	struct rseq *rs = area_alloc();

	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register_legacy(rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(contender_start(&contender, WAKEUP_NSEC));
	set_word(rs, REQUESTED);
	for (int i = 0; i < 5; i++)
		EXPECT_TRUE(get_preempted());
	contender_stop(&contender);
	EXPECT_EQ(REQUESTED, word(rs));
	EXPECT_EQ(0, slice_yield());
	EXPECT_EQ(REQUESTED, word(rs));
}

/*
 * A signal that is pending when the interrupt returns: the request is refused.
 *
 * The thread's timer and the contender's sleep end at the same points in time,
 * a grid of GRID_NSEC. One interrupt then does both:
 *
 *	timer interrupt
 *	  wakes the contender		-> reschedule
 *	  sends SIGUSR1			-> work other than rescheduling
 *	return to user
 *	  request refused, word = 0
 *	  schedules
 *	  delivers SIGUSR1		-> the handler finds 0
 *
 * If wake-up and signal come by two interrupts, then the handler finds a grant
 * or a request. That is not counted.
 */
#define GRID_NSEC	NSEC_PER_MSEC

static struct rseq *interrupted;
static __u32 found;
static bool handled;

static void look(int sig)
{
	(void)sig;
	WRITE_ONCE(found, word(interrupted));
	set_request(interrupted, 0);
	WRITE_ONCE(handled, true);
}

static bool grid_stop;
static long long grid_start;

static struct timespec timespec_of(long long nsec)
{
	return (struct timespec){ nsec / NSEC_PER_SEC, nsec % NSEC_PER_SEC };
}

static void *wake_up_on_grid(void *arg)
{
	long long next = grid_start;

	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	while (!READ_ONCE(grid_stop)) {
		struct timespec ts;

		while (next <= now())
			next += GRID_NSEC;
		ts = timespec_of(next);
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	}
	return arg;
}

static bool signal_on_grid(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec grid = {
		.it_value = timespec_of(grid_start),
		.it_interval = timespec_of(GRID_NSEC),
	};
	sigset_t set;
	timer_t timer;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return signal(SIGUSR1, look) != SIG_ERR &&
	       !timer_create(CLOCK_MONOTONIC, &event, &timer) &&
	       !timer_settime(timer, TIMER_ABSTIME, &grid, NULL);
}

/* Late, because other interrupts than those on the grid grant as well */
static void request_before_grid(struct rseq *rs)
{
	while ((now() - grid_start) % GRID_NSEC < GRID_NSEC * 9 / 10)
		;
	WRITE_ONCE(handled, false);
	set_word(rs, REQUESTED);
}

/* Request, wait for the signal; true if it was refused, by what can be seen */
static bool refused_for_signal(struct rseq *rs, bool counted)
{
	struct stats st;

	if (counted && !read_stats(&st))
		return false;
	request_before_grid(rs);
	while (!READ_ONCE(handled))
		;
	if (READ_ONCE(found))
		return false;
	/* Neither was it granted and revoked before the handler ran. */
	return !counted || (stats_since(&st) && !st.v[STAT_SGRANT]);
}

TEST(refused_while_signal_pending)
{
	long long start = now();
	pthread_t thread;
	struct stats st;
	sigset_t set;
	bool counted;
	int refused = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	interrupted = area_alloc();
	counted = read_stats(&st);
	grid_start = start + 10 * GRID_NSEC;
	/*
	 * A CPU without a tick leaves timers to others, and then the signal
	 * comes alone. The first CPU has a tick.
	 */
	ASSERT_TRUE(pin_to(0));
	ASSERT_EQ(0, register_v2(interrupted, FLAG_DEFAULT_ON));
	ASSERT_EQ(0, pthread_create(&thread, NULL, wake_up_on_grid, NULL));
	invite_preemption();
	ASSERT_TRUE(signal_on_grid());
	while (refused < 20 && now() - start < PATIENCE) {
		refused += refused_for_signal(interrupted, counted);
		ASSERT_EQ(0, slice_yield());
	}
	EXPECT_EQ(20, refused);
	WRITE_ONCE(grid_stop, true);
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	return test_harness_run(argc, argv);
}
