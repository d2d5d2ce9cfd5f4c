// SPDX-License-Identifier: GPL-2.0
/* rseq_cs and the descriptor it points to: abort, clear, or SIGSEGV */

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

/* Preemption. Faults that can be resolved are none. */

/*
 * A page of a file. Its contents survive being dropped from the page tables,
 * so that the next access faults and finds them again.
 */
static void *file_page(const void *contents, size_t size)
{
	int fd = syscall(__NR_memfd_create, "page", 0);
	void *page;

	if (ftruncate(fd, page_size()) || write(fd, contents, size) != size)
		return NULL;
	page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, fd, 0);
	close(fd);
	return page == MAP_FAILED ? NULL : page;
}

FIXTURE(preempted)
{
	struct rseq *rs;
	struct contender contender;
	struct stats st;
	bool counted;
};

FIXTURE_VARIANT(preempted)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(preempted, legacy) { };
FIXTURE_VARIANT_ADD(preempted, v2) { .v2 = true };

FIXTURE_SETUP(preempted)
{
	ASSERT_TRUE(pin_to(last));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	cs = spin_section();
	ASSERT_TRUE(contender_start(&self->contender, 0));
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
	self->counted = read_stats(&self->st);
}

FIXTURE_TEARDOWN(preempted)
{
	contender_stop(&self->contender);
}

/* A child of fork(2) goes on with the registration of its parent. */
static void abort_in_child(void *arg)
{
	struct rseq *rs = arg;

	FAIL_UNLESS(1, section_spin(&rs->rseq_cs, &cs) == SECTION_ABORTED);
	FAIL_UNLESS(2, !READ_ONCE(rs->rseq_cs));
}

TEST_F(preempted, forked)
{
	EXPECT_EXITED(in_child(abort_in_child, self->rs), 0);
	EXPECT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, &cs));
}

/*
 * Not without the slow path, where faults are handled. Debug mode may already
 * have met and handled them when the last system call returned.
 */
static void expect_slow_path(struct __test_metadata *_metadata, struct stats *st, bool counted)
{
	if (!counted || debug_mode())
		return;
	ASSERT_TRUE(stats_since(st));
	EXPECT_GT(st->v[STAT_SLOWP], 0);
}

TEST_F(preempted, abort_handler_not_present)
{
	char *page = file_page(section_signature, section_abort_end - section_signature);

	ASSERT_NE(NULL, page);
	cs.abort_ip = (uintptr_t)page + (section_abort - section_signature);
	EXPECT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, &cs));
	EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
	expect_slow_path(_metadata, &self->st, self->counted);
}

TEST_F(preempted, descriptor_not_present)
{
	struct rseq_cs *page = file_page(&cs, sizeof(cs));

	ASSERT_NE(NULL, page);
	EXPECT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, page));
	EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
	expect_slow_path(_metadata, &self->st, self->counted);
}

/* An area that is gone by the time the section is interrupted */

struct removal {
	struct rseq *rs;
	int prot;		/* -1: none at all */
};

static void *remove_area(void *arg)
{
	struct removal *r = arg;

	while (!READ_ONCE(r->rs->rseq_cs))
		sched_yield();
	if (r->prot < 0)
		munmap(r->rs, page_size());
	else
		mprotect(r->rs, page_size(), r->prot);
	return NULL;
}

static void lose_area_in_section(void *arg)
{
	struct removal *r = arg;
	pthread_t thread;

	pin_to(0);
	FAIL_UNLESS(100, !pthread_create(&thread, NULL, remove_area, r));
	pin_to(last);
	while (section_spin(&r->rs->rseq_cs, &cs) == SECTION_ABORTED)
		;
}

TEST_F(preempted, area_lost_in_section)
{
	static const int prots[] = { -1, PROT_NONE, PROT_READ };

	for (size_t i = 0; i < ARRAY_SIZE(prots); i++) {
		struct removal removal = { self->rs, prots[i] };

		EXPECT_KILLED(in_child(lose_area_in_section, &removal), SIGSEGV);
	}
}

/* The area itself is not present. It is shared with children: there are none. */

FIXTURE(dropped)
{
	struct rseq *rs;
	struct contender contender;
	struct stats st;
	bool counted;
};

FIXTURE_VARIANT(dropped)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(dropped, legacy) { };
FIXTURE_VARIANT_ADD(dropped, v2) { .v2 = true };

FIXTURE_SETUP(dropped)
{
	ASSERT_TRUE(pin_to(last));
	self->rs = file_page("", 1);
	ASSERT_NE(NULL, self->rs);
	cs = spin_section();
	ASSERT_TRUE(contender_start(&self->contender, 0));
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
	self->counted = read_stats(&self->st);
}

FIXTURE_TEARDOWN(dropped)
{
	contender_stop(&self->contender);
}

static void *drop_area(void *arg)
{
	struct rseq *rs = arg;

	while (!READ_ONCE(rs->rseq_cs))
		sched_yield();
	return madvise(rs, page_size(), MADV_DONTNEED) ? arg : NULL;
}

/* By another thread, while the section runs: from another CPU if there is one */
TEST_F(dropped, in_section)
{
	pthread_t thread;
	void *failed;

	for (int i = 0; i < ROUNDS; i++) {
		long ret;

		ASSERT_TRUE(pin_to(0));
		ASSERT_EQ(0, pthread_create(&thread, NULL, drop_area, self->rs));
		ASSERT_TRUE(pin_to(last));
		do {
			ret = section_spin(&self->rs->rseq_cs, &cs);
			ASSERT_EQ(SECTION_ABORTED, ret);
		} while (pthread_tryjoin_np(thread, &failed));
		EXPECT_EQ(NULL, failed);
		EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
		EXPECT_EQ((unsigned int)last, READ_ONCE(self->rs->cpu_id));
	}
}

/* By the thread itself. Only debug mode looks at the area before the preemption. */
TEST_F(dropped, then_preempted)
{
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, madvise(self->rs, page_size(), MADV_DONTNEED));
		EXPECT_TRUE(get_preempted());
		EXPECT_EQ((unsigned int)last, READ_ONCE(self->rs->cpu_id));
	}
	expect_slow_path(_metadata, &self->st, self->counted);
}

TEST_F(dropped, then_migrated)
{
	if (last == 0)
		SKIP(return, "a single CPU never updates its ID");
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_TRUE(pin_to(0));
		ASSERT_EQ(0, madvise(self->rs, page_size(), MADV_DONTNEED));
		ASSERT_TRUE(pin_to(last));
		EXPECT_EQ((unsigned int)last, READ_ONCE(self->rs->cpu_id));
		EXPECT_EQ((unsigned int)last, READ_ONCE(self->rs->cpu_id_start));
	}
	expect_slow_path(_metadata, &self->st, self->counted);
}

/* What is fatal. The children are preempted by the contender of their parent. */

FIXTURE(fatal)
{
	struct contender contender;
};

FIXTURE_VARIANT(fatal)
{
	/* Spoils the descriptor, or returns an address where there is none */
	__u64 (*spoil)(void);
	bool harmless, gone;
};

#define HANDLED	42

struct victim {
	struct rseq *rs;
	__u64 rseq_cs;
	void (*handler)(int sig, siginfo_t *info, void *context);
};

static __u64 spoil_nothing(void)
{
	return (uintptr_t)&cs;
}

static __u64 spoil_signature(void)
{
	cs.abort_ip = (uintptr_t)section_abort + sizeof(__u32);
	return (uintptr_t)&cs;
}

static __u64 spoil_abort_ip(__u64 abort_ip)
{
	cs.abort_ip = abort_ip;
	return (uintptr_t)&cs;
}

static __u64 abort_at_0(void)
{
	return spoil_abort_ip(0);
}

static __u64 abort_at_3(void)
{
	return spoil_abort_ip(3);
}

static __u64 abort_in_kernel(void)
{
	return spoil_abort_ip(KERNEL_ADDRESS | (uintptr_t)section_abort);
}

static __u64 abort_at_top(void)
{
	return spoil_abort_ip(~0ULL);
}

static __u64 abort_in_the_hole(void)
{
	return spoil_abort_ip(1ULL << 62);
}

/* The abort handler could be run, if it were not for the page before. */
static __u64 abort_behind_unreadable(int prot)
{
	char *pages = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(pages + page_size(), section_abort, section_abort_end - section_abort);
	if (prot < 0)
		munmap(pages, page_size());
	else
		mprotect(pages, page_size(), prot);
	return spoil_abort_ip((uintptr_t)pages + page_size());
}

static __u64 abort_behind_hole(void)
{
	return abort_behind_unreadable(-1);
}

static __u64 abort_behind_prot_none(void)
{
	return abort_behind_unreadable(PROT_NONE);
}

static __u64 descriptor_in_kernel(void)
{
	return KERNEL_ADDRESS | (uintptr_t)&cs;
}

static __u64 descriptor_at_top(void)
{
	return ~0ULL;
}

static __u64 descriptor_at_1(void)
{
	return 1;
}

static __u64 descriptor_unmapped(void)
{
	struct rseq_cs *page = (struct rseq_cs *)area_alloc();

	*page = cs;
	munmap(page, page_size());
	return (uintptr_t)page;
}

static __u64 descriptor_prot_none(void)
{
	struct rseq_cs *page = (struct rseq_cs *)area_alloc();

	*page = cs;
	mprotect(page, page_size(), PROT_NONE);
	return (uintptr_t)page;
}

/* A descriptor of which only the first half is there */
static __u64 descriptor_cut(void)
{
	char *pages = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *half = pages + page_size() - sizeof(cs) / 2;

	memcpy(half, &cs, sizeof(cs));
	munmap(pages + page_size(), page_size());
	return (uintptr_t)half;
}

FIXTURE_VARIANT_ADD(fatal, nothing) { .spoil = spoil_nothing, .harmless = true };
FIXTURE_VARIANT_ADD(fatal, signature) { .spoil = spoil_signature };
FIXTURE_VARIANT_ADD(fatal, abort_at_0) { .spoil = abort_at_0 };
FIXTURE_VARIANT_ADD(fatal, abort_at_3) { .spoil = abort_at_3 };
FIXTURE_VARIANT_ADD(fatal, abort_in_kernel) { .spoil = abort_in_kernel };
FIXTURE_VARIANT_ADD(fatal, abort_at_top) { .spoil = abort_at_top };
FIXTURE_VARIANT_ADD(fatal, abort_in_the_hole) { .spoil = abort_in_the_hole };
FIXTURE_VARIANT_ADD(fatal, abort_behind_hole) { .spoil = abort_behind_hole };
FIXTURE_VARIANT_ADD(fatal, abort_behind_prot_none) { .spoil = abort_behind_prot_none };
FIXTURE_VARIANT_ADD(fatal, descriptor_in_kernel) { .spoil = descriptor_in_kernel, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_at_top) { .spoil = descriptor_at_top, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_at_1) { .spoil = descriptor_at_1, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_unmapped) { .spoil = descriptor_unmapped, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_prot_none) { .spoil = descriptor_prot_none, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_cut) { .spoil = descriptor_cut, .gone = true };

FIXTURE_SETUP(fatal)
{
	ASSERT_TRUE(pin_to(last));
	ASSERT_TRUE(contender_start(&self->contender, 0));
}

FIXTURE_TEARDOWN(fatal)
{
	contender_stop(&self->contender);
}

static void handler_exits(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	/* By force of the kernel, at the instruction that was interrupted */
	if (info->si_code == SI_KERNEL && CONTEXT_IP(context) == (uintptr_t)spin_start)
		_exit(HANDLED);
}

static void handler_returns(int sig, siginfo_t *info, void *context)
{
	leave_spin(sig, info, context);
}

static void spin_spoiled(void *arg)
{
	const struct rseq_cs *spoiled;
	struct victim *v = arg;

	spoiled = (const struct rseq_cs *)(uintptr_t)v->rseq_cs;
	if (v->handler)
		FAIL_UNLESS(100, catch_signal(SIGSEGV, v->handler, 0));
	_exit(section_spin(&v->rs->rseq_cs, spoiled));
}

/* Spoiled last, so that nothing takes the place of what is unmapped by that */
static int spoiled_status(__u64 (*spoil)(void), bool v2,
			  void (*handler)(int sig, siginfo_t *info, void *context))
{
	struct victim victim = { .rs = area_alloc(), .handler = handler };
	int status;

	if (register_mode(victim.rs, v2, 0))
		return -1;
	cs = spin_section();
	victim.rseq_cs = spoil();
	status = in_child(spin_spoiled, &victim);
	unregister(victim.rs, mode_len(v2));
	return status;
}

static void expect_fatal(struct __test_metadata *_metadata, bool harmless, int status)
{
	if (harmless)
		EXPECT_EXITED(status, SECTION_ABORTED);
	else
		EXPECT_KILLED(status, SIGSEGV);
}

TEST_F(fatal, without_handler)
{
	for (int v2 = 0; v2 < 2; v2++) {
		expect_fatal(_metadata, variant->harmless,
			     spoiled_status(variant->spoil, v2, NULL));
	}
}

/*
 * The delivery of a signal evaluates what was interrupted, SIGSEGV included,
 * and fails for the same reason. A handler only puts the end off:
 *
 *	way out to user			delivery of SIGSEGV
 *	evaluation fails
 *	force SIGSEGV		--->	there is a handler
 *					evaluation fails
 *					force SIGSEGV, with no handler any more
 *					go to the handler, SIGSEGV is blocked
 *					...
 *					the handler returns, SIGSEGV is not blocked
 *					dies
 */
TEST_F(fatal, handler_returns)
{
	for (int v2 = 0; v2 < 2; v2++) {
		expect_fatal(_metadata, variant->harmless,
			     spoiled_status(variant->spoil, v2, handler_returns));
	}
}

/*
 * The handler is outside of the section. Where there is a descriptor to tell
 * that, rseq_cs is cleared. Legacy mode evaluates it before the handler.
 */
TEST_F(fatal, handler_exits)
{
	for (int v2 = 0; v2 < 2; v2++) {
		int status;

		/* Fatal again as soon as there is another preemption */
		if (v2 && variant->gone)
			continue;
		status = spoiled_status(variant->spoil, v2, handler_exits);
		if (variant->gone)
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, variant->harmless ? SECTION_ABORTED : HANDLED);
	}
}

/* SIGSEGV for other reasons than rseq_cs: here a handler has its chance */

FIXTURE(handler)
{
	struct rseq *rs;
};

FIXTURE_VARIANT(handler)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(handler, legacy) { };
FIXTURE_VARIANT_ADD(handler, v2) { .v2 = true };

FIXTURE_SETUP(handler)
{
	if (last == 0)
		SKIP(return, "a single CPU never updates its ID");
	ASSERT_TRUE(pin_to(last));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
}

FIXTURE_TEARDOWN(handler)
{
}

#define FORGED	0x80000b0bu
#define STACK	65536

static struct rseq *damaged;
static __u32 intact;
static char *stack;

/* What the handler found, or how often it ran */
static struct {
	int times, code;
	__u32 id;
	void *address;
	bool on_stack;
} segv;

/*
 * Repairs all that can be wrong. Nothing that may fault comes before that but
 * a look at the ID, which is updated as soon as it can be.
 */
static void repair(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig;
	(void)context;
	segv.id = READ_ONCE(damaged->cpu_id);
	mprotect(damaged, page_size(), PROT_READ | PROT_WRITE);
	if (segv.id != intact)
		WRITE_ONCE(damaged->cpu_id, intact);
	segv.times++;
	segv.code = info->si_code;
	segv.address = info->si_addr;
	segv.on_stack = &here > stack && &here < stack + STACK;
}

static void prepare_to_repair(struct rseq *rs)
{
	stack_t alternate = { .ss_size = STACK };

	stack = malloc(STACK);
	alternate.ss_sp = stack;
	FAIL_UNLESS(100, !sigaltstack(&alternate, NULL));
	FAIL_UNLESS(101, catch_signal(SIGSEGV, repair, SA_ONSTACK));
	damaged = rs;
	intact = READ_ONCE(rs->cpu_id);
}

/* Handled once, repaired, and the next update is as if nothing had happened */
static void expect_handled(struct rseq *rs, __u32 id)
{
	FAIL_UNLESS(1, segv.times == 1);
	FAIL_UNLESS(2, segv.code == SI_KERNEL && !segv.address);
	FAIL_UNLESS(3, segv.on_stack);
	/* The update was given up before it wrote anything. */
	FAIL_UNLESS(4, segv.id == id);
	FAIL_UNLESS(5, pin_to(last) && pin_to(0));
	FAIL_UNLESS(6, segv.times == 1);
	FAIL_UNLESS(7, READ_ONCE(rs->cpu_id) == 0);
}

static void forge_and_repair(void *arg)
{
	struct rseq *rs = arg;

	prepare_to_repair(rs);
	WRITE_ONCE(rs->cpu_id, FORGED);
	pin_to(0);
	expect_handled(rs, FORGED);
}

/* Legacy mode has nothing to complain about. */
TEST_F(handler, forged_id)
{
	int status;

	if (debug_mode())
		SKIP(return, "debug mode checks the IDs at every preemption");
	status = in_child(forge_and_repair, self->rs);
	EXPECT_EXITED(status, variant->v2 ? 0 : 1);
}

static void protect_and_repair(void *arg)
{
	struct rseq *rs = arg;

	prepare_to_repair(rs);
	mprotect(rs, page_size(), PROT_READ);
	pin_to(0);
	expect_handled(rs, intact);
}

/*
 * In legacy mode the IDs are to be written before the handler, the one of
 * SIGSEGV included. That fails again, and kills.
 */
TEST_F(handler, area_read_only)
{
	int status = in_child(protect_and_repair, self->rs);

	if (variant->v2)
		EXPECT_EXITED(status, 0);
	else
		EXPECT_KILLED(status, SIGSEGV);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	last = last_cpu();
	debugfs_claim();
	return test_harness_run(argc, argv);
}
