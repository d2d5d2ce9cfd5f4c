// SPDX-License-Identifier: GPL-2.0
/* Row 1 of the table of modes: ID fields */

#include "mode.h"
#include "rseq_debugfs.h"

#define TRIES		20

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
	bool cids = has_cids(&member);
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

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
