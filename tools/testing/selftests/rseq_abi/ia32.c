// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of 32-bit programs on x86_64, which have an entry of their own:
 * they register an area, and they end a grant
 *
 * A program of 64 bits can make them, by interrupt 0x80. Numbers and addresses
 * are those of a 32-bit program.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#ifdef __x86_64__

#define WAKEUP_NSEC	100000

#define IA32_GETPPID	64
#define IA32_RSEQ	386
#define IA32_YIELD	__NR_rseq_slice_yield	/* the same everywhere */

static int call32(int nr, unsigned long arg1, int arg2, int arg3, int arg4)
{
	int ret;

	asm volatile("int $0x80" : "=a"(ret)
		     : "a"(nr), "b"(arg1), "c"(arg2), "d"(arg3), "S"(arg4)
		     : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static int plain_call32(int nr)
{
	return call32(nr, 0, 0, 0, 0);
}

static struct rseq *low_area(void)
{
	void *area = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

static int register32(struct rseq *rs)
{
	return call32(IA32_RSEQ, (unsigned long)rs, v2_len(), FLAG_DEFAULT_ON, AREA_SIG);
}

TEST(registration)
{
	struct rseq *rs = low_area();

	ASSERT_NE(NULL, rs);
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register32(rs));
	EXPECT_EQ(last_cpu(), READ_ONCE(rs->cpu_id));
	EXPECT_EQ(FLAG_AVAILABLE | FLAG_ENABLED, area_flags(rs));
	EXPECT_EQ(-EBUSY, register32(rs));
	EXPECT_EQ(0, unregister(rs, v2_len()));
}

FIXTURE(ia32)
{
	struct rseq *rs;
	struct contender contender;
	long long start;
};

FIXTURE_SETUP(ia32)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = low_area();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register32(self->rs));
	ASSERT_TRUE(contender_start(&self->contender, WAKEUP_NSEC));
	self->start = now();
}

FIXTURE_TEARDOWN(ia32)
{
	contender_stop(&self->contender);
}

#define PATIENT() (now() - self->start < PATIENCE)

/* A grant may be revoked before the call: repeat until one was not. */
TEST_F(ia32, yield)
{
	int ended;

	do {
		ASSERT_TRUE(obtain_grant(self->rs));
		ended = plain_call32(IA32_YIELD);
		ASSERT_EQ(0, word(self->rs));
	} while (!ended && PATIENT());
	EXPECT_EQ(1, ended);
	EXPECT_EQ(0, plain_call32(IA32_YIELD));
}

TEST_F(ia32, other_call)
{
	pid_t parent = getppid();
	struct stats st;

	if (access(STATS_FILE, R_OK))
		SKIP(return, "needs root, debugfs and CONFIG_RSEQ_STATS");
	ASSERT_TRUE(read_stats(&st));
	do {
		struct stats since = st;

		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_EQ(parent, plain_call32(IA32_GETPPID));
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
		ASSERT_TRUE(stats_since(&since));
		if (since.v[STAT_SABORT])
			return;
	} while (PATIENT());
	EXPECT_TRUE(false)
		TH_LOG("no grant was ended by a system call of 32 bits");
}

static void try_call32(void *arg)
{
	(void)arg;
	FAIL_UNLESS(1, plain_call32(IA32_GETPPID) == getppid());
}

int main(int argc, char **argv)
{
	int status;

	without_libc_rseq(argv);
	need_slices();
	status = in_child(try_call32, NULL);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		ksft_exit_skip("needs CONFIG_IA32_EMULATION\n");
	longest_grants();
	return test_harness_run(argc, argv);
}

#else

int main(void)
{
	ksft_exit_skip("for x86_64\n");
}

#endif
