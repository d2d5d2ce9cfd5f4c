// SPDX-License-Identifier: GPL-2.0
/* What fork, clone and exec make of a registration and its slices */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define ON		PR_RSEQ_SLICE_EXT_ENABLE
#define AFTER_EXEC	"--after-exec"
#define STACK_SIZE	65536

FIXTURE(inherit)
{
	struct rseq *rs;
	struct contender contender;
};

FIXTURE_VARIANT(inherit)
{
	int flags;
	long enabled;
};

FIXTURE_VARIANT_ADD(inherit, enabled) { .flags = FLAG_DEFAULT_ON, .enabled = ON };
FIXTURE_VARIANT_ADD(inherit, disabled) { };

FIXTURE_SETUP(inherit)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, variant->flags));
	ASSERT_TRUE(contender_start(&self->contender, 100000));
}

FIXTURE_TEARDOWN(inherit)
{
	contender_stop(&self->contender);
}

struct parent {
	struct rseq *rs;
	long enabled;
};

static void forked(void *arg)
{
	struct parent *p = arg;

	FAIL_UNLESS(1, slice_get() == p->enabled);
	FAIL_UNLESS(2, error_of(register_v2(p->rs, 0)) == EBUSY);
	FAIL_UNLESS(3, area_flags(p->rs) ==
			(FLAG_AVAILABLE | (p->enabled ? FLAG_ENABLED : 0)));
	FAIL_UNLESS(4, !p->enabled || obtain_grant(p->rs));
	FAIL_UNLESS(5, !slice_set(0) && !slice_get());
	FAIL_UNLESS(6, !unregister(p->rs, v2_len()));
	FAIL_UNLESS(7, error_of(slice_set(0)) == ENXIO);
}

TEST_F(inherit, fork)
{
	struct parent parent = { self->rs, variant->enabled };

	EXPECT_EXITED(in_child(forked, &parent), 0);
	/* The child's changes are the child's. */
	EXPECT_EQ(variant->enabled, slice_get());
	EXPECT_EQ(EBUSY, error_of(register_v2(self->rs, 0)));
	if (variant->enabled)
		EXPECT_TRUE(obtain_grant(self->rs));
}

static void forked_in_grant(void *arg)
{
	FAIL_UNLESS(1, word(arg) == 0);
	FAIL_UNLESS(2, slice_yield() == 0);
	FAIL_UNLESS(3, slice_get() == ON);
}

/* fork(2) is a system call like any other: neither of the two has a grant. */
TEST(fork_within_grant)
{
	struct contender contender;
	struct rseq *rs = area_alloc();

	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(contender_start(&contender, 100000));
	for (int i = 0; i < 10; i++) {
		ASSERT_TRUE(obtain_grant(rs));
		EXPECT_EXITED(in_child(forked_in_grant, rs), 0);
		ASSERT_EQ(0, word(rs));
		ASSERT_EQ(0, slice_yield());
	}
	contender_stop(&contender);
}

/* Sharing the memory, sharing the area is out of the question. */
static int unregistered(void *arg)
{
	struct parent *p = arg;
	struct rseq *own = area_alloc();

	if (slice_get() != 0)
		return 1;
	if (error_of(slice_set(ON)) != ENXIO)
		return 2;
	if (error_of(unregister(p->rs, v2_len())) != EINVAL)
		return 3;
	if (register_v2(own, FLAG_DEFAULT_ON) || slice_get() != ON)
		return 4;
	if (!obtain_grant(own))
		return 5;
	if (unregister(own, v2_len()) || munmap(own, page_size()))
		return 6;
	return 0;
}

TEST_F(inherit, clone_vm)
{
	struct parent parent = { self->rs, variant->enabled };
	char *stack = malloc(STACK_SIZE);
	int status;
	pid_t pid;

	pid = clone(unregistered, stack + STACK_SIZE, CLONE_VM | SIGCHLD, &parent);
	ASSERT_GT(pid, 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EXITED(status, 0);
	EXPECT_EQ(variant->enabled, slice_get());
	EXPECT_EQ(EBUSY, error_of(register_v2(self->rs, 0)));
}

static void *unregistered_thread(void *arg)
{
	return (void *)(long)unregistered(arg);
}

TEST_F(inherit, thread)
{
	struct parent parent = { self->rs, variant->enabled };
	pthread_t thread;
	void *ret;

	ASSERT_EQ(0, pthread_create(&thread, NULL, unregistered_thread, &parent));
	ASSERT_EQ(0, pthread_join(thread, &ret));
	EXPECT_EQ(NULL, ret);
	EXPECT_EQ(variant->enabled, slice_get());
}

static void exec_self(void *arg)
{
	struct parent *p = arg;
	char area[32];

	snprintf(area, sizeof(area), "%p", p->rs);
	if (p->enabled)
		obtain_grant(p->rs);
	execl("/proc/self/exe", "inherit", AFTER_EXEC, area, NULL);
	_exit(100);
}

static int after_exec(const char *old_area)
{
	struct rseq *old = (struct rseq *)strtoul(old_area, NULL, 16);
	struct rseq *rs = area_alloc();

	FAIL_UNLESS(1, slice_get() == 0);
	FAIL_UNLESS(2, slice_yield() == 0);
	FAIL_UNLESS(3, error_of(slice_set(ON)) == ENXIO);
	FAIL_UNLESS(4, error_of(unregister(old, v2_len())) == EINVAL);
	FAIL_UNLESS(5, !register_v2(rs, 0));
	FAIL_UNLESS(6, slice_get() == 0);
	FAIL_UNLESS(7, area_flags(rs) == FLAG_AVAILABLE);
	return 0;
}

TEST_F(inherit, exec)
{
	struct parent parent = { self->rs, variant->enabled };

	EXPECT_EXITED(in_child(exec_self, &parent), 0);
}

/* An exec that fails late leaves everything as it was. */
TEST_F(inherit, failed_exec)
{
	ASSERT_EQ(ENOEXEC, failed_exec());
	EXPECT_EQ(variant->enabled, slice_get());
	EXPECT_EQ(EBUSY, error_of(register_v2(self->rs, 0)));
	EXPECT_EQ((unsigned int)last_cpu(), self->rs->cpu_id);
	if (variant->enabled)
		EXPECT_TRUE(obtain_grant(self->rs));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], AFTER_EXEC))
		return after_exec(argv[2]);
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	return test_harness_run(argc, argv);
}
