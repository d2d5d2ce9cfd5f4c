// SPDX-License-Identifier: GPL-2.0
/*
 * The table of modes in Documentation/userspace-api/rseq.rst, row by row: what
 * a program gets that registers 32 bytes, and one that registers all there is.
 *
 * Debug mode enforces in legacy mode what it does in V2, and looks at the area
 * more often. Where that changes the outcome, it is expected or skipped.
 */

#include <linux/membarrier.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define TRIES		20

/* No kernel writes these into an ID field, nor this into the last bytes. */
#define FORGED		0x80000b0bu
#define OWN_DATA	0xc0ffee11u

enum outcome { KEPT = 1, RESTORED, GARBLED };

FIXTURE(mode)
{
	struct rseq *rs;
	struct contender contender;
};

FIXTURE_VARIANT(mode)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(mode, legacy) { };
FIXTURE_VARIANT_ADD(mode, v2) { .v2 = true };

/* What the children inherit: the registered area, and its mode */
struct member {
	struct rseq *rs;
	bool v2;
	int field;
};

static struct member member;
static struct rseq_cs cs;

FIXTURE_SETUP(mode)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, FLAG_DEFAULT_ON));
	member = (struct member){ .rs = self->rs, .v2 = variant->v2 };
	cs = spin_section();
}

FIXTURE_TEARDOWN(mode)
{
}

enum { CPU_ID_START, CPU_ID, NODE_ID, MM_CID, NR_IDS };

static __u32 *id_field(const struct member *m)
{
	__u32 *fields[NR_IDS] = {
		&m->rs->cpu_id_start, &m->rs->cpu_id, &m->rs->node_id, &m->rs->mm_cid,
	};

	return fields[m->field];
}

static void forge(const struct member *m)
{
	WRITE_ONCE(*id_field(m), FORGED);
}

/* What has become of a forged ID, as the exit status of a child that stays */
static enum outcome outcome(const struct member *m, __u32 genuine)
{
	__u32 id = READ_ONCE(*id_field(m));

	if (id == FORGED)
		return KEPT;
	return id == genuine ? RESTORED : GARBLED;
}

/*
 * Does the scheduler hand out concurrency IDs? It may be configured not to;
 * then they are CPU numbers. To ask a process that has one thread.
 */
static bool has_cids(void)
{
	return READ_ONCE(member.rs->mm_cid) == 0;
}

/* Row 1: ID fields */

static void forge_until_preempted(void *arg)
{
	struct member *m = arg;
	__u32 genuine = READ_ONCE(*id_field(m));

	forge(m);
	FAIL_UNLESS(100, get_preempted());
	_exit(outcome(m, genuine));
}

TEST_F(mode, ids_after_preemption)
{
	if (variant->v2 && debug_mode())
		SKIP(return, "debug mode checks the IDs even if they do not change");
	ASSERT_TRUE(contender_start(&self->contender, 0));
	for (member.field = 0; member.field < NR_IDS; member.field++) {
		int status = in_child(forge_until_preempted, &member);

		if (debug_mode())
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, variant->v2 ? KEPT : RESTORED);
	}
	contender_stop(&self->contender);
}

static void forge_and_sleep(void *arg)
{
	struct member *m = arg;
	__u32 genuine = READ_ONCE(*id_field(m));
	long switches = context_switches();

	forge(m);
	/* On a slow machine the time may be over before the thread is asleep. */
	do {
		usleep(1000);
	} while (context_switches() == switches);
	_exit(outcome(m, genuine));
}

/* A context switch is a context switch, also if a system call leads to it. */
TEST_F(mode, ids_after_sleep)
{
	if (variant->v2 && debug_mode())
		SKIP(return, "debug mode checks the IDs even if they do not change");
	for (member.field = 0; member.field < NR_IDS; member.field++) {
		int status = in_child(forge_and_sleep, &member);

		if (debug_mode())
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, variant->v2 ? KEPT : RESTORED);
	}
}

static __u32 genuine_id;

static void exit_with_outcome(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	_exit(outcome(&member, genuine_id));
}

static void forge_and_get_signal(void *arg)
{
	genuine_id = READ_ONCE(*id_field(arg));
	FAIL_UNLESS(100, catch_signal(SIGUSR1, exit_with_outcome, 0));
	forge(arg);
	raise(SIGUSR1);
	_exit(101);
}

/* The handler reads the ID before the thread can be scheduled out again. */
TEST_F(mode, ids_before_signal_handler)
{
	if (variant->v2 && debug_mode())
		SKIP(return, "debug mode checks the IDs even if they do not change");
	for (member.field = 0; member.field < NR_IDS; member.field++) {
		int status = in_child(forge_and_get_signal, &member);

		if (debug_mode())
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, variant->v2 ? KEPT : RESTORED);
	}
}

TEST_F(mode, ids_after_migration)
{
	bool cids = has_cids();
	int last = last_cpu();

	for (int i = 0; i < TRIES; i++) {
		unsigned int cpu = i & 1 ? 0 : last, node = ~0;

		if (!pin_to(cpu))
			continue;
		ASSERT_EQ(0, syscall(__NR_getcpu, NULL, &node, NULL));
		EXPECT_EQ(cpu, READ_ONCE(self->rs->cpu_id_start));
		EXPECT_EQ(cpu, READ_ONCE(self->rs->cpu_id));
		EXPECT_EQ(node, READ_ONCE(self->rs->node_id));
		/* The process has one thread. */
		EXPECT_EQ(cids ? 0 : cpu, READ_ONCE(self->rs->mm_cid));
	}
}

static void forge_and_fail_to_exec(void *arg)
{
	struct member *m = arg;
	__u32 genuine = READ_ONCE(*id_field(m));

	forge(m);
	FAIL_UNLESS(100, failed_exec() == ENOEXEC);
	_exit(outcome(m, genuine));
}

/* Written, although they are what they were. To V2 that is an update. */
TEST_F(mode, ids_after_failed_exec)
{
	for (member.field = 0; member.field < NR_IDS; member.field++) {
		int status = in_child(forge_and_fail_to_exec, &member);

		if (variant->v2 || debug_mode())
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, RESTORED);
	}
}

/* Row 2: critical sections */

static bool announce(struct rseq *rs)
{
	WRITE_ONCE(rs->rseq_cs, (uintptr_t)&cs);
	return READ_ONCE(rs->rseq_cs);
}

/* Most of the tries, as an interrupt may come in between. Or else none. */
static void expect_most(struct __test_metadata *_metadata, bool most, int count)
{
	EXPECT_EQ(most, count > TRIES / 2);
	EXPECT_TRUE(most || !count)
		TH_LOG("%d of %d", count, TRIES);
}

TEST_F(mode, rseq_cs_after_preemption)
{
	ASSERT_TRUE(contender_start(&self->contender, 0));
	for (int i = 0; i < TRIES; i++) {
		/* Not in the section that is announced: cleared */
		announce(self->rs);
		EXPECT_TRUE(get_preempted());
		EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
		/* In it: aborted, and cleared as well */
		EXPECT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, &cs));
		EXPECT_EQ(0, READ_ONCE(self->rs->rseq_cs));
	}
	contender_stop(&self->contender);
}

/*
 * In neither mode is anything evaluated after a context switch to which a
 * system call led, except that debug mode looks at each return from one.
 */
TEST_F(mode, rseq_cs_after_sleep)
{
	int slept = 0, kept = 0;

	while (slept < TRIES) {
		struct timespec ts = { .tv_nsec = NSEC_PER_MSEC };
		long switches = context_switches();
		__u64 rseq_cs;

		announce(self->rs);
		nanosleep(&ts, NULL);
		rseq_cs = READ_ONCE(self->rs->rseq_cs);
		WRITE_ONCE(self->rs->rseq_cs, 0);
		/* On a slow machine the time may be over before that. */
		if (context_switches() == switches)
			continue;
		slept++;
		kept += rseq_cs != 0;
	}
	expect_most(_metadata, !debug_mode(), kept);
}

/* The same from within: the section outlives the switch and runs to its end. */
TEST_F(mode, section_sleeps)
{
	struct timespec ts = { .tv_nsec = NSEC_PER_MSEC };
	struct rseq_cs sleeps = call_section();
	int left = 0;

	if (debug_mode())
		SKIP(return, "fatal in debug mode");
	for (int i = 0; i < TRIES; i++) {
		left += section_call(&self->rs->rseq_cs, &sleeps, __NR_nanosleep,
				     &ts, NULL) == SECTION_LEFT;
		WRITE_ONCE(self->rs->rseq_cs, 0);
	}
	expect_most(_metadata, true, left);
}

static __u64 handler_rseq_cs;

static void look_at_rseq_cs(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	handler_rseq_cs = READ_ONCE(member.rs->rseq_cs);
}

/* A signal that a system call leads to: only legacy mode evaluates. */
TEST_F(mode, rseq_cs_before_signal_handler)
{
	int kept = 0;

	ASSERT_TRUE(catch_signal(SIGUSR1, look_at_rseq_cs, 0));
	for (int i = 0; i < TRIES; i++) {
		announce(self->rs);
		raise(SIGUSR1);
		kept += handler_rseq_cs == (uintptr_t)&cs;
		WRITE_ONCE(self->rs->rseq_cs, 0);
	}
	expect_most(_metadata, variant->v2 && !debug_mode(), kept);
}

static void get_signal_with_bad_rseq_cs(void *arg)
{
	struct member *m = arg;

	FAIL_UNLESS(100, catch_signal(SIGUSR1, look_at_rseq_cs, 0));
	WRITE_ONCE(m->rs->rseq_cs, ~0ULL);
	raise(SIGUSR1);
	WRITE_ONCE(m->rs->rseq_cs, 0);
	_exit(handler_rseq_cs != ~0ULL);
}

TEST_F(mode, bad_rseq_cs_before_signal_handler)
{
	int survived = 0;

	for (int i = 0; i < TRIES; i++) {
		int status = in_child(get_signal_with_bad_rseq_cs, &member);

		if (WIFEXITED(status))
			EXPECT_EXITED(status, 0);
		else
			EXPECT_KILLED(status, SIGSEGV);
		survived += WIFEXITED(status);
	}
	expect_most(_metadata, variant->v2 && !debug_mode(), survived);
}

/* Row 3: read-only fields */

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
	if (last_cpu() == 0 || !has_cids())
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

/* Row 4: membarrier */

struct barrier_sender {
	pthread_t thread;
	struct rseq *rs;
	bool stop;
};

static void *send_barriers(void *arg)
{
	struct barrier_sender *sender = arg;

	if (!pin_to(0))
		return arg;
	while (!READ_ONCE(sender->stop)) {
		if (READ_ONCE(sender->rs->rseq_cs))
			syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
	}
	return NULL;
}

/* What a thread finds after its section was aborted */
struct aftermath {
	long ret;
	__u32 id, word;
	bool switched;
};

static struct aftermath interrupted_section(const struct member *m, __u32 forged)
{
	struct aftermath seen = { };
	__u32 genuine = READ_ONCE(*id_field(m));
	long switches = context_switches();

	set_word(m->rs, OWN_DATA);
	WRITE_ONCE(*id_field(m), forged);
	seen.ret = section_spin(&m->rs->rseq_cs, &cs);
	seen.id = READ_ONCE(*id_field(m));
	seen.word = word(m->rs);
	WRITE_ONCE(*id_field(m), genuine);
	seen.switched = context_switches() != switches;
	return seen;
}

/* By membarrier and not by a context switch that happened to come first */
TEST_F(mode, membarrier)
{
	struct barrier_sender sender = { .rs = self->rs };
	struct aftermath seen;
	long long start;
	__u32 genuine;

	if (last_cpu() == 0)
		SKIP(return, "needs two CPUs");
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0))
		SKIP(return, "no membarrier");
	/* Nothing is granted to a word that is no request. */
	if (slices_enabled())
		ASSERT_EQ(0, slice_set(0));
	ASSERT_EQ(0, pthread_create(&sender.thread, NULL, send_barriers, &sender));
	/* With the second thread there and its concurrency ID assigned */
	usleep(1000);

	for (member.field = 0; member.field < NR_IDS; member.field++) {
		genuine = READ_ONCE(*id_field(&member));
		start = now();
		do {
			seen = interrupted_section(&member, debug_mode() ? genuine : FORGED);
			ASSERT_EQ(SECTION_ABORTED, seen.ret);
		} while (seen.switched && now() - start < PATIENCE);
		ASSERT_FALSE(seen.switched);
		EXPECT_EQ(variant->v2 && !debug_mode() ? FORGED : genuine, seen.id);
		EXPECT_EQ(variant->v2 && slice_support() == SLICE_ON ? 0 : OWN_DATA, seen.word);
	}
	WRITE_ONCE(sender.stop, true);
	pthread_join(sender.thread, NULL);
}

/* Row 5: time slice extensions */

TEST_F(mode, slices)
{
	bool there = variant->v2 && slice_support() == SLICE_ON;

	if (slice_support() == SLICE_ABSENT)
		SKIP(return, "kernel without time slice extensions");
	longest_grants();
	EXPECT_EQ(there ? FLAG_AVAILABLE | FLAG_ENABLED : 0, area_flags(self->rs));
	EXPECT_EQ(there ? PR_RSEQ_SLICE_EXT_ENABLE : 0, slice_get());
	EXPECT_EQ(there ? 0 : KERNEL_ENOTSUPP, error_of(slice_set(0)));
	EXPECT_EQ(there ? 0 : KERNEL_ENOTSUPP, error_of(slice_set(PR_RSEQ_SLICE_EXT_ENABLE)));
	ASSERT_TRUE(contender_start(&self->contender, 100000));
	if (there) {
		EXPECT_TRUE(obtain_grant(self->rs));
	} else {
		set_word(self->rs, REQUESTED);
		EXPECT_TRUE(get_preempted());
		EXPECT_EQ(REQUESTED, word(self->rs));
	}
	contender_stop(&self->contender);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
