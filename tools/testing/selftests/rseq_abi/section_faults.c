// SPDX-License-Identifier: GPL-2.0
/* Sections that are preempted. Faults that can be resolved are none. */

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define ROUNDS		5

static struct rseq_cs cs;

/* The CPU of the tests, while others move them or are on CPU 0 */
static int last;

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

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	last = last_cpu();
	debugfs_claim();
	return test_harness_run(argc, argv);
}
