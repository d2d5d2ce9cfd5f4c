// SPDX-License-Identifier: GPL-2.0
/* The files below debugfs/rseq: modes, bounds, format, and what is counted */

#include <sys/stat.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"

TEST(file_modes)
{
	static const struct { const char *path; mode_t mode; bool optional; } files[] = {
		{ DEBUG_FILE, 0644, false },
		/* These depend on the configuration. */
		{ NSEC_FILE, 0644, true }, { STATS_FILE, 0444, true },
	};
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (stat(files[i].path, &st) && files[i].optional)
			continue;
		EXPECT_EQ(S_IFREG | files[i].mode, st.st_mode)
			TH_LOG("%s", files[i].path);
	}
}

/* The tunable */

FIXTURE(slice_ext_nsec)
{
	int unused;
};

FIXTURE_SETUP(slice_ext_nsec)
{
	if (access(NSEC_FILE, F_OK))
		SKIP(return, "no slices");
}

FIXTURE_TEARDOWN(slice_ext_nsec)
{
	write_string(NSEC_FILE, "5000");
}

static void expect_nsec(struct __test_metadata *_metadata, const char *val)
{
	char buf[64];

	ASSERT_GT(read_file(NSEC_FILE, buf, sizeof(buf)), 0);
	EXPECT_STREQ(val, buf);
}

TEST_F(slice_ext_nsec, default)
{
	expect_nsec(_metadata, "5000\n");
}

TEST_F(slice_ext_nsec, accepted)
{
	static const struct { const char *in, *out; } good[] = {
		{ "5000", "5000\n" }, { "50000", "50000\n" },
		{ "5001\n", "5001\n" }, { "49999\n", "49999\n" },
		{ "+12345", "12345\n" }, { "0006000", "6000\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, write_string(NSEC_FILE, good[i].in));
		expect_nsec(_metadata, good[i].out);
	}
}

TEST_F(slice_ext_nsec, refused)
{
	static const struct { const char *in; int err; } bad[] = {
		{ "0", ERANGE }, { "1\n", ERANGE }, { "4999", ERANGE },
		{ "50001", ERANGE }, { "4294967295", ERANGE },
		/* no numbers, or none that fits 32 bits */
		{ "", EINVAL }, { "\n", EINVAL }, { "ten", EINVAL },
		{ "-1", EINVAL }, { "-6000", EINVAL }, { " 6000", EINVAL },
		{ "6000 ", EINVAL }, { "6000\n\n", EINVAL }, { "6000ns", EINVAL },
		{ "0x1770", EINVAL }, { "6e3", EINVAL }, { "+", EINVAL },
		{ "4294967296", EINVAL }, { "4294973296", EINVAL },
		{ "18446744073709557616", EINVAL },
		{ "99999999999999999999999999999999999999999999", EINVAL },
	};
	char *unmapped = (char *)area_alloc();

	ASSERT_EQ(0, write_string(NSEC_FILE, "7000"));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(bad[i].err, write_string(NSEC_FILE, bad[i].in))
			TH_LOG("\"%s\"", bad[i].in);
		expect_nsec(_metadata, "7000\n");
	}
	ASSERT_EQ(0, munmap(unmapped, page_size()));
	EXPECT_EQ(EINVAL, write_file(NSEC_FILE, unmapped, 4));
	expect_nsec(_metadata, "7000\n");
}

TEST(debug_switch)
{
	static const char * const on[] = { "1", "y", "Y\n", "on", "t" };
	static const char * const off[] = { "0", "n", "N\n", "off", "f" };
	static const char * const bad[] = { "", "\n", "2", "maybe", "-1" };
	bool was = debug_mode();
	char buf[8];

	for (size_t i = 0; i < ARRAY_SIZE(on); i++) {
		EXPECT_EQ(0, write_string(DEBUG_FILE, on[i]));
		EXPECT_EQ(2, read_file(DEBUG_FILE, buf, sizeof(buf)));
		EXPECT_STREQ("1\n", buf);
		EXPECT_EQ(EINVAL, write_string(DEBUG_FILE, bad[i]));
		EXPECT_TRUE(debug_mode());
		EXPECT_EQ(0, write_string(DEBUG_FILE, off[i]));
		EXPECT_EQ(2, read_file(DEBUG_FILE, buf, sizeof(buf)));
		EXPECT_STREQ("0\n", buf);
		EXPECT_EQ(EINVAL, write_string(DEBUG_FILE, bad[i]));
		EXPECT_FALSE(debug_mode());
	}
	write_string(DEBUG_FILE, was ? "1" : "0");
}

/* The counters */

FIXTURE(stats)
{
	struct rseq *rs;
	struct contender contender;
	struct stats st;
};

FIXTURE_SETUP(stats)
{
	if (access(STATS_FILE, F_OK))
		SKIP(return, "no statistics");
	if (slice_support() != SLICE_ON)
		SKIP(return, "no slices");
	write_string(NSEC_FILE, "50000");
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(contender_start(&self->contender, 100000));
	ASSERT_TRUE(read_stats(&self->st)) TH_LOG("format of stats");
}

FIXTURE_TEARDOWN(stats)
{
	contender_stop(&self->contender);
	write_string(NSEC_FILE, "5000");
}

/* No grant is out while this reads, because it reads by system calls. */
static void expect_balance(struct __test_metadata *_metadata, struct stats *st)
{
	ASSERT_TRUE(stats_since(st));
	EXPECT_EQ(st->v[STAT_SGRANT], grants_ended(st));
}

TEST_F(stats, nothing_requested)
{
	EXPECT_TRUE(get_preempted());
	expect_balance(_metadata, &self->st);
	EXPECT_EQ(0, self->st.v[STAT_SGRANT]);
	EXPECT_EQ(0, self->st.v[STAT_SEXPIR]);
	/* Preempted in user space five times and more */
	EXPECT_GE(self->st.v[STAT_FASTP], 5);
	EXPECT_GE(self->st.v[STAT_EXIT], 5);
}

TEST_F(stats, yield)
{
	long long start = now();
	unsigned long obtained = 0, yielded = 0;

	do {
		ASSERT_TRUE(obtain_grant(self->rs));
		obtained++;
		yielded += slice_yield();
	} while (yielded < 20 && now() - start < PATIENCE);
	EXPECT_EQ(20, yielded);
	expect_balance(_metadata, &self->st);
	EXPECT_EQ(yielded, self->st.v[STAT_SYIELD]);
	EXPECT_GE(self->st.v[STAT_SGRANT], obtained);
}

TEST_F(stats, abort)
{
	struct stats st;
	int aborts = 0;

	/*
	 * A grant that was seen ends by this system call, or has been revoked
	 * before it. Some live long enough.
	 */
	for (long long start = now(); aborts < 20 && now() - start < PATIENCE;) {
		ASSERT_TRUE(read_stats(&st));
		ASSERT_TRUE(obtain_grant(self->rs));
		syscall(__NR_getppid);
		ASSERT_TRUE(stats_since(&st));
		aborts += st.v[STAT_SABORT] > 0;
	}
	EXPECT_EQ(20, aborts);
	expect_balance(_metadata, &self->st);
	EXPECT_EQ(0, self->st.v[STAT_SYIELD]);
}

TEST_F(stats, expiry)
{
	long limit = loops_in(NSEC_PER_SEC);
	struct stats st;
	int expired = 0;

	for (long long start = now(); expired < 20 && now() - start < PATIENCE;) {
		ASSERT_TRUE(read_stats(&st));
		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_LT(spin_while(self->rs, GRANTED, limit), limit);
		ASSERT_TRUE(stats_since(&st));
		expired += st.v[STAT_SEXPIR] > 0;
	}
	EXPECT_EQ(20, expired);
	expect_balance(_metadata, &self->st);
	EXPECT_GE(self->st.v[STAT_SREVOK], 20);
	EXPECT_EQ(0, self->st.v[STAT_SYIELD]);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	if (!debugfs_claim())
		ksft_exit_skip("needs root and debugfs\n");
	return test_harness_run(argc, argv);
}
