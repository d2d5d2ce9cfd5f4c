// SPDX-License-Identifier: GPL-2.0
/* Row 3 of the table of modes: read-only fields */

#include "mode.h"
#include "rseq_debugfs.h"

/* No kernel writes this into the last bytes. */
#define OWN_DATA	0xc0ffee11u

static void forge_and_migrate(void *arg)
{
	struct member *m = arg;

	forge(m);
	pin_to(0);
	FAIL_UNLESS(1, READ_ONCE(*id_field(m)) != FORGED);
	FAIL_UNLESS(2, READ_ONCE(m->rs->cpu_id) == 0);
	FAIL_UNLESS(3, READ_ONCE(m->rs->cpu_id_start) == 0);
}

TEST_F(mode, read_only_fields)
{
	if (last_cpu() == 0)
		SKIP(return, "a single CPU never updates its ID");
	for (member.field = 0; member.field < NR_IDS; member.field++) {
		int status = in_child(forge_and_migrate, &member);

		if (variant->v2 || debug_mode())
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, 0);
	}
}

/*
 * Of two threads the second one stays. Concurrency IDs are as small as can be,
 * so it gets that of the first one, on the CPU where it has always been.
 */
static bool forged_by_survivor;

static void *forge_and_survive(void *arg)
{
	struct member *m = arg;
	long long start = now();

	m->rs = area_alloc();
	FAIL_UNLESS(100, m->rs && pin_to(last_cpu()) && !register_mode(m->rs, m->v2, 0));
	FAIL_UNLESS(101, READ_ONCE(m->rs->mm_cid) == 1);
	forge(m);
	WRITE_ONCE(forged_by_survivor, true);
	do {
		usleep(1000);
	} while (READ_ONCE(m->rs->mm_cid) != 0 && now() - start < PATIENCE / 2);
	FAIL_UNLESS(1, READ_ONCE(m->rs->mm_cid) == 0);
	_exit(READ_ONCE(*id_field(m)) == FORGED);
}

static void forge_and_get_new_cid(void *arg)
{
	int last = last_cpu();
	pthread_t thread;
	cpu_set_t set;

	/* As many IDs as threads, if the process may use as many CPUs. */
	CPU_ZERO(&set);
	for (int cpu = 0; cpu <= last; cpu++)
		CPU_SET(cpu, &set);
	FAIL_UNLESS(102, !sched_setaffinity(0, sizeof(set), &set));
	FAIL_UNLESS(103, !pthread_create(&thread, NULL, forge_and_survive, arg));
	while (!READ_ONCE(forged_by_survivor))
		usleep(1000);
	/* The thread alone, while exit(3) would end the process. */
	syscall(__NR_exit, 0);
}

TEST_F(mode, read_only_fields_new_cid)
{
	if (last_cpu() == 0 || !has_cids(&member))
		SKIP(return, "concurrency IDs never change");
	for (member.field = 0; member.field < NR_IDS; member.field++) {
		int status = in_child(forge_and_get_new_cid, &member);

		if (variant->v2 || debug_mode())
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, 0);
	}
}

/*
 * An allocator that was built for 32 bytes. It keeps a mark in cpu_id_start
 * for as long as its view of the per-CPU data is valid, and lets the kernel's
 * next update wipe it out. Behind mm_cid it stores what it likes.
 */
#define MARK		0x80000000u
#define ROUNDS		10

static bool mark_is_gone(struct rseq *rs)
{
	return READ_ONCE(rs->cpu_id_start) == READ_ONCE(rs->cpu_id);
}

static void allocate(void *arg)
{
	struct member *m = arg;
	struct rseq *rs = m->rs;
	int last = last_cpu();

	for (int i = 0; i < ROUNDS; i++) {
		set_word(rs, OWN_DATA + i);
		WRITE_ONCE(rs->cpu_id_start, MARK | READ_ONCE(rs->cpu_id));
		FAIL_UNLESS(1, get_preempted());
		/* Preempted, but not moved: V2 does not tell. */
		FAIL_UNLESS(2, m->v2 || mark_is_gone(rs));
		WRITE_ONCE(rs->cpu_id_start, MARK | READ_ONCE(rs->cpu_id));
		for (int cpu = 0; cpu <= last; cpu++)
			pin_to(cpu);
		FAIL_UNLESS(3, mark_is_gone(rs));
		FAIL_UNLESS(4, word(rs) == OWN_DATA + i);
	}
}

TEST_F(mode, allocator)
{
	int status;

	if (last_cpu() == 0)
		SKIP(return, "a single CPU never updates its ID");
	ASSERT_TRUE(contender_start(&self->contender, 0));
	status = in_child(allocate, &member);
	if (variant->v2 || debug_mode())
		EXPECT_KILLED(status, SIGSEGV);
	else
		EXPECT_EXITED(status, 0);
	contender_stop(&self->contender);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
