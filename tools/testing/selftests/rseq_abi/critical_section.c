// SPDX-License-Identifier: GPL-2.0
/* rseq_cs and the descriptor it points to: abort or clear */

#include <linux/membarrier.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define ROUNDS		5
#define KERNEL_ADDRESS	0x8000000000000000ULL

static struct rseq_cs cs;

/* The CPU of the tests, while others move them or are on CPU 0 */
static int last;

/* Who makes the kernel look at the section, and lets a spinner go after that */

enum cause { PREEMPTION, MIGRATION, SIGNAL, MEMBARRIER };

struct disturber {
	pthread_t thread;
	enum cause cause;
	struct rseq *rs;
	pid_t tid;		/* of the spinner */
	int cpu;		/* for the spinner to be on next */
	bool spinning, stop;
};

static void pin_task(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(tid, sizeof(set), &set);
}

static void disturb(struct disturber *d)
{
	/* Enough for the spinner to get to user space, and on from there */
	struct timespec ts = { .tv_nsec = 500000 };

	switch (d->cause) {
	case PREEMPTION:
		/* By taking its share of the CPU, which this loop does */
		break;
	case MIGRATION:
		d->cpu = d->cpu ? 0 : last;
		pin_task(d->tid, d->cpu);
		nanosleep(&ts, NULL);
		break;
	case SIGNAL:
		syscall(__NR_tgkill, getpid(), d->tid, SIGUSR1);
		nanosleep(&ts, NULL);
		break;
	case MEMBARRIER:
		syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
		nanosleep(&ts, NULL);
		break;
	}
}

/*
 * A spinner outside of its section stays where it is. As soon as the kernel
 * has cleared rseq_cs, a signal gets it out of there: leave_spin().
 */
static void *keep_disturbing(void *arg)
{
	struct disturber *d = arg;

	while (!READ_ONCE(d->stop)) {
		if (!READ_ONCE(d->spinning)) {
			usleep(100);
			continue;
		}
		disturb(d);
		if (!READ_ONCE(d->rs->rseq_cs))
			syscall(__NR_tgkill, getpid(), d->tid, SIGUSR1);
	}
	return NULL;
}

FIXTURE(section)
{
	struct rseq *rs;
	struct disturber disturber;
};

FIXTURE_VARIANT(section)
{
	bool v2;
	enum cause cause;
};

FIXTURE_VARIANT_ADD(section, legacy_preempted) { .cause = PREEMPTION };
FIXTURE_VARIANT_ADD(section, legacy_migrated) { .cause = MIGRATION };
FIXTURE_VARIANT_ADD(section, legacy_signalled) { .cause = SIGNAL };
FIXTURE_VARIANT_ADD(section, legacy_membarrier) { .cause = MEMBARRIER };
FIXTURE_VARIANT_ADD(section, v2_preempted) { .v2 = true, .cause = PREEMPTION };
FIXTURE_VARIANT_ADD(section, v2_migrated) { .v2 = true, .cause = MIGRATION };
FIXTURE_VARIANT_ADD(section, v2_signalled) { .v2 = true, .cause = SIGNAL };
FIXTURE_VARIANT_ADD(section, v2_membarrier) { .v2 = true, .cause = MEMBARRIER };

/* The thread inherits the CPU that it is to disturb from. */
static bool disturber_start(struct disturber *d, enum cause by, struct rseq *rs)
{
	cpu_set_t all;

	*d = (struct disturber){
		.cause = by, .rs = rs, .tid = syscall(__NR_gettid), .cpu = last,
	};
	return !sched_getaffinity(0, sizeof(all), &all) &&
	       pin_to(by == PREEMPTION ? last : 0) &&
	       !pthread_create(&d->thread, NULL, keep_disturbing, d) &&
	       !sched_setaffinity(0, sizeof(all), &all) && pin_to(last);
}

static void disturber_stop(struct disturber *d)
{
	WRITE_ONCE(d->stop, true);
	pthread_join(d->thread, NULL);
}

FIXTURE_SETUP(section)
{
	if (last == 0 && variant->cause != PREEMPTION)
		SKIP(return, "needs two CPUs");
	if (variant->cause == MEMBARRIER &&
	    syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0))
		SKIP(return, "no membarrier");
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_TRUE(catch_signal(SIGUSR1, leave_spin, 0));
	ASSERT_TRUE(disturber_start(&self->disturber, variant->cause, self->rs));
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
	cs = spin_section();
}

FIXTURE_TEARDOWN(section)
{
	disturber_stop(&self->disturber);
}

/* Spin with the descriptor until disturbed; true if aborted and not cleared */
static bool aborted(struct disturber *d)
{
	long ret;

	WRITE_ONCE(d->spinning, true);
	ret = section_spin(&d->rs->rseq_cs, &cs);
	WRITE_ONCE(d->spinning, false);
	return ret == SECTION_ABORTED;
}

/* Boundaries, seen from the one instruction at which a spinner is interrupted */
#define BEFORE	16

static const struct boundary {
	const char *name;
	long start, length;
	bool aborts;
} boundaries[] = {
	{ "first instruction of a byte", 0, 1, true },
	{ "last byte", -BEFORE, BEFORE + 1, true },
	{ "behind the last byte", -BEFORE, BEFORE, false },
	{ "before the first byte", 1, BEFORE, false },
	{ "empty", 0, 0, false },
	{ "far before", -4096, 1, false },
};

TEST_F(section, boundaries)
{
	for (size_t i = 0; i < ARRAY_SIZE(boundaries) * ROUNDS; i++) {
		const struct boundary *b = &boundaries[i % ARRAY_SIZE(boundaries)];

		cs.start_ip = (uintptr_t)spin_start + b->start;
		cs.post_commit_offset = b->length;
		EXPECT_EQ(b->aborts, aborted(&self->disturber))
			TH_LOG("%s", b->name);
		EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
	}
}

/* Outside of debug mode the fields are used as they are. */
TEST_F(section, unchecked_fields)
{
	if (debug_mode())
		SKIP(return, "fatal in debug mode");

	cs = spin_section();
	cs.version = 1;
	cs.flags = ~0u;
	EXPECT_TRUE(aborted(&self->disturber));

	/* The abort handler is part of the section. */
	cs = section_between(spin_start, section_abort_end);
	EXPECT_TRUE(aborted(&self->disturber));

	/* From the end of the address space around to the spinner */
	cs = spin_section();
	cs.start_ip = -4096ULL;
	cs.post_commit_offset = (uintptr_t)spin_end + 4096;
	EXPECT_TRUE(aborted(&self->disturber));
	cs.post_commit_offset = (uintptr_t)spin_start + 4096;
	EXPECT_FALSE(aborted(&self->disturber));

	cs = spin_section();
	cs.post_commit_offset = ~0ULL;
	EXPECT_TRUE(aborted(&self->disturber));

	cs = spin_section();
	cs.start_ip = KERNEL_ADDRESS;
	EXPECT_FALSE(aborted(&self->disturber));
}

/* Nobody asks where to go from a section that the thread is not in. */
TEST_F(section, abort_handler_irrelevant_outside)
{
	static const __u64 handlers[] = { 0, 3, 4, KERNEL_ADDRESS, ~0ULL };

	for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
		cs = spin_section();
		cs.post_commit_offset = 0;
		cs.abort_ip = handlers[i];
		EXPECT_FALSE(aborted(&self->disturber));
	}
}

/* A signal, and what its handler sees of the section it interrupted */

FIXTURE(signalled)
{
	struct rseq *rs;
	struct disturber disturber;
};

FIXTURE_VARIANT(signalled)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(signalled, legacy) { };
FIXTURE_VARIANT_ADD(signalled, v2) { .v2 = true };

/* What the handler found, if it interrupted a spinner */
static struct {
	struct rseq *rs;
	uintptr_t ip;
	__u64 rseq_cs;
} seen;

static void look_and_leave(int sig, siginfo_t *info, void *context)
{
	uintptr_t ip = CONTEXT_IP(context);

	if (ip == (uintptr_t)spin_start || ip == (uintptr_t)section_abort) {
		seen.ip = ip;
		seen.rseq_cs = READ_ONCE(seen.rs->rseq_cs);
	}
	leave_spin(sig, info, context);
}

FIXTURE_SETUP(signalled)
{
	if (last == 0)
		SKIP(return, "needs two CPUs");
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	seen.rs = self->rs;
	ASSERT_TRUE(catch_signal(SIGUSR1, look_and_leave, 0));
	ASSERT_TRUE(disturber_start(&self->disturber, SIGNAL, self->rs));
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
	cs = spin_section();
}

FIXTURE_TEARDOWN(signalled)
{
	disturber_stop(&self->disturber);
}

/* The interrupted context is that of the abort handler. */
TEST_F(signalled, inside)
{
	for (int i = 0; i < ROUNDS; i++) {
		seen.ip = 0;
		/* Another interrupt may be faster than the signal. */
		do {
			ASSERT_TRUE(aborted(&self->disturber));
		} while (!seen.ip);
		EXPECT_EQ((uintptr_t)section_abort, seen.ip);
		EXPECT_EQ(0, seen.rseq_cs);
	}
}

TEST_F(signalled, outside)
{
	cs.post_commit_offset = 0;
	for (int i = 0; i < ROUNDS; i++) {
		seen.ip = 0;
		EXPECT_FALSE(aborted(&self->disturber));
		EXPECT_EQ((uintptr_t)spin_start, seen.ip);
		EXPECT_EQ(0, seen.rseq_cs);
	}
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	last = last_cpu();
	debugfs_claim();
	return test_harness_run(argc, argv);
}
