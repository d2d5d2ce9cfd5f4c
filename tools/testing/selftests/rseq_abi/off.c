// SPDX-License-Identifier: GPL-2.0
/* A kernel booted with rseq_slice_ext=off: no trace of slices anywhere */

#include "rseq_abi.h"

FIXTURE(off)
{
	struct rseq *rs;
};

FIXTURE_VARIANT(off)
{
	int flags;
};

FIXTURE_VARIANT_ADD(off, plain) { };
FIXTURE_VARIANT_ADD(off, default_on) { .flags = FLAG_DEFAULT_ON };

FIXTURE_SETUP(off)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	memset(self->rs, 0xa5, sizeof(*self->rs));
	ASSERT_EQ(0, register_v2(self->rs, variant->flags));
}

FIXTURE_TEARDOWN(off)
{
}

static void expect_off(struct __test_metadata *_metadata)
{
	EXPECT_EQ(0, slice_get());
	EXPECT_EQ(KERNEL_ENOTSUPP, error_of(slice_set(0)));
	EXPECT_EQ(KERNEL_ENOTSUPP, error_of(slice_set(PR_RSEQ_SLICE_EXT_ENABLE)));
	EXPECT_EQ(EINVAL, error_of(slice_set(2)));
	EXPECT_EQ(EINVAL, error_of(slice_prctl(PR_RSEQ_SLICE_EXTENSION_GET, 1)));
	EXPECT_EQ(EINVAL, error_of(slice_prctl(3, 0)));
	EXPECT_EQ(0, slice_yield());
}

TEST_F(off, neither_available_nor_enabled)
{
	EXPECT_EQ(0, area_flags(self->rs));
	EXPECT_EQ(0, word(self->rs));
	expect_off(_metadata);
}

TEST_F(off, unregistered)
{
	ASSERT_EQ(0, unregister(self->rs, v2_len()));
	expect_off(_metadata);
}

/* Not granted, not even cleared */
TEST_F(off, request_ignored)
{
	struct contender contender;

	ASSERT_TRUE(contender_start(&contender, 0));
	set_word(self->rs, REQUESTED);
	for (int i = 0; i < 5; i++)
		EXPECT_TRUE(get_preempted());
	EXPECT_EQ(REQUESTED, word(self->rs));
	EXPECT_EQ(0, slice_yield());
	EXPECT_EQ(REQUESTED, word(self->rs));
	contender_stop(&contender);
}

TEST(legacy)
{
	struct rseq *rs = area_alloc();

	ASSERT_EQ(0, register_legacy(rs, FLAG_DEFAULT_ON));
	EXPECT_EQ(0, area_flags(rs));
	expect_off(_metadata);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	if (slice_support() != SLICE_OFF)
		ksft_exit_skip("needs rseq_slice_ext=off on the command line\n");
	return test_harness_run(argc, argv);
}
