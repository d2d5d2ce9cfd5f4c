// SPDX-License-Identifier: GPL-2.0
/* prctl(PR_RSEQ_SLICE_EXTENSION): results, and what becomes of rseq::flags */

#include "rseq_abi.h"

#define GET	PR_RSEQ_SLICE_EXTENSION_GET
#define SET	PR_RSEQ_SLICE_EXTENSION_SET
#define ON	PR_RSEQ_SLICE_EXT_ENABLE

/* Errors that no registration and no mode changes */
static void expect_bad_arguments(struct __test_metadata *_metadata)
{
	static const unsigned long ops[] = { 0, SET + 1, ~0UL, 1UL << 32 | GET };

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		EXPECT_EQ(EINVAL, error_of(slice_prctl(ops[i], 0)));

	EXPECT_EQ(EINVAL, error_of(slice_prctl(GET, 1)));
	EXPECT_EQ(EINVAL, error_of(slice_prctl(GET, 1UL << 63)));
	for (unsigned int bit = 1; bit < 8 * sizeof(long); bit++) {
		EXPECT_EQ(EINVAL, error_of(slice_prctl(SET, 1UL << bit)));
		EXPECT_EQ(EINVAL, error_of(slice_prctl(SET, 1UL << bit | ON)));
	}

	for (int op = GET; op <= SET; op++) {
		EXPECT_EQ(EINVAL, error_of(syscall(__NR_prctl, PR_RSEQ_SLICE_EXTENSION,
						   op, 0, 1, 0)));
		EXPECT_EQ(EINVAL, error_of(syscall(__NR_prctl, PR_RSEQ_SLICE_EXTENSION,
						   op, 0, 0, 1)));
	}
}

TEST(unregistered)
{
	struct rseq *rs = area_alloc();

	expect_bad_arguments(_metadata);
	EXPECT_EQ(0, slice_get());
	EXPECT_EQ(ENXIO, error_of(slice_set(0)));
	EXPECT_EQ(ENXIO, error_of(slice_set(ON)));

	/* and not registered any more */
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	ASSERT_EQ(0, unregister(rs, v2_len()));
	EXPECT_EQ(0, slice_get());
	EXPECT_EQ(ENXIO, error_of(slice_set(0)));
}

TEST(legacy)
{
	struct rseq *rs = area_alloc();

	ASSERT_EQ(0, register_legacy(rs, FLAG_DEFAULT_ON));
	expect_bad_arguments(_metadata);
	EXPECT_EQ(0, slice_get());
	EXPECT_EQ(KERNEL_ENOTSUPP, error_of(slice_set(0)));
	EXPECT_EQ(KERNEL_ENOTSUPP, error_of(slice_set(ON)));
	EXPECT_EQ(0, area_flags(rs));
}

FIXTURE(prctl)
{
	struct rseq *rs;
};

FIXTURE_SETUP(prctl)
{
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, 0));
}

FIXTURE_TEARDOWN(prctl)
{
}

TEST_F(prctl, bad_arguments)
{
	expect_bad_arguments(_metadata);
	ASSERT_EQ(0, slice_set(ON));
	expect_bad_arguments(_metadata);
	EXPECT_EQ(ON, slice_get());
}

TEST_F(prctl, symmetric)
{
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, slice_get());
		EXPECT_EQ(FLAG_AVAILABLE, area_flags(self->rs));
		ASSERT_EQ(0, slice_set(ON));
		EXPECT_EQ(ON, slice_get());
		EXPECT_EQ(FLAG_AVAILABLE | FLAG_ENABLED, area_flags(self->rs));
		ASSERT_EQ(0, slice_set(0));
	}
}

TEST_F(prctl, disables_default_on)
{
	ASSERT_EQ(0, unregister(self->rs, v2_len()));
	ASSERT_EQ(0, register_v2(self->rs, FLAG_DEFAULT_ON));
	EXPECT_EQ(ON, slice_get());
	EXPECT_EQ(0, slice_set(0));
	EXPECT_EQ(0, slice_get());
	EXPECT_EQ(FLAG_AVAILABLE, area_flags(self->rs));
}

TEST_F(prctl, keeps_other_flags)
{
	const unsigned int other = ~(FLAG_AVAILABLE | FLAG_ENABLED);

	self->rs->flags |= other;
	ASSERT_EQ(0, slice_set(ON));
	EXPECT_EQ(~0u, area_flags(self->rs));
	ASSERT_EQ(0, slice_set(0));
	EXPECT_EQ(other | FLAG_AVAILABLE, area_flags(self->rs));
}

/* Nothing to change: the flags are not even looked at. */
TEST_F(prctl, no_change)
{
	self->rs->flags = 0;
	EXPECT_EQ(0, slice_set(0));
	EXPECT_EQ(0, area_flags(self->rs));

	self->rs->flags = FLAG_AVAILABLE;
	ASSERT_EQ(0, slice_set(ON));
	self->rs->flags = 0;
	EXPECT_EQ(0, slice_set(ON));
	EXPECT_EQ(0, area_flags(self->rs));
	EXPECT_EQ(ON, slice_get());
}

/* ENABLED set by user space enables nothing and does no harm. */
TEST_F(prctl, forged_enabled)
{
	self->rs->flags |= FLAG_ENABLED;
	EXPECT_EQ(0, slice_get());
	EXPECT_EQ(0, slice_set(0));
	EXPECT_EQ(FLAG_AVAILABLE | FLAG_ENABLED, area_flags(self->rs));
	EXPECT_EQ(0, slice_set(ON));
	EXPECT_EQ(ON, slice_get());
}

/* Corrupted flags */

FIXTURE(corrupted)
{
	struct rseq *rs;
	unsigned long set;
};

FIXTURE_VARIANT(corrupted)
{
	unsigned long enabled;
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(corrupted, enable_unavailable) { };
FIXTURE_VARIANT_ADD(corrupted, enable_forged) { .flags = FLAG_ENABLED };
FIXTURE_VARIANT_ADD(corrupted, disable_nothing_left) { .enabled = ON };
FIXTURE_VARIANT_ADD(corrupted, disable_unavailable) {
	.enabled = ON, .flags = FLAG_ENABLED,
};

FIXTURE_VARIANT_ADD(corrupted, disable_not_enabled) {
	.enabled = ON, .flags = FLAG_AVAILABLE,
};

FIXTURE_SETUP(corrupted)
{
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, 0));
	ASSERT_EQ(0, slice_set(variant->enabled));
	self->set = variant->enabled ? 0 : ON;
	self->rs->flags = variant->flags;
}

FIXTURE_TEARDOWN(corrupted)
{
}

static void change(void *arg)
{
	slice_set(*(unsigned long *)arg);
}

TEST_F(corrupted, is_fatal)
{
	EXPECT_KILLED(in_child(change, &self->set), SIGSEGV);
}

static int caught;

static void catch(int sig)
{
	WRITE_ONCE(caught, sig);
}

/* Who survives sees an error and the state of before. */
TEST_F(corrupted, changes_nothing)
{
	signal(SIGSEGV, catch);
	EXPECT_EQ(EFAULT, error_of(slice_set(self->set)));
	EXPECT_EQ(SIGSEGV, READ_ONCE(caught));
	EXPECT_EQ(variant->enabled, slice_get());
	EXPECT_EQ(variant->flags, area_flags(self->rs));
}

static void change_unmapped(void *arg)
{
	munmap(arg, page_size());
	slice_set(ON);
}

TEST_F(prctl, area_unmapped)
{
	EXPECT_KILLED(in_child(change_unmapped, self->rs), SIGSEGV);
}

static void change_read_only(void *arg)
{
	mprotect(arg, page_size(), PROT_READ);
	slice_set(ON);
}

TEST_F(prctl, area_read_only)
{
	EXPECT_KILLED(in_child(change_read_only, self->rs), SIGSEGV);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	return test_harness_run(argc, argv);
}
