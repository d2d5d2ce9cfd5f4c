// SPDX-License-Identifier: GPL-2.0
/* What a registration writes into the area, by mode and flag */

#include "rseq_abi.h"
#include "ids.h"
#include "rseq_debugfs.h"

#define FILLER		0xa5

FIXTURE(fields)
{
	struct rseq *rs;
	struct contender contender;
};

FIXTURE_VARIANT(fields)
{
	bool v2;
	int flags;
	unsigned int area_flags;
};

FIXTURE_VARIANT_ADD(fields, legacy) { };
FIXTURE_VARIANT_ADD(fields, legacy_default_on) { .flags = FLAG_DEFAULT_ON };
FIXTURE_VARIANT_ADD(fields, v2) { .v2 = true, .area_flags = FLAG_AVAILABLE };
FIXTURE_VARIANT_ADD(fields, v2_default_on) {
	.v2 = true, .flags = FLAG_DEFAULT_ON, .area_flags = FLAG_AVAILABLE | FLAG_ENABLED,
};

FIXTURE_SETUP(fields)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	memset(self->rs, FILLER, page_size());
	ASSERT_TRUE(contender_start(&self->contender, 0));
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, variant->flags));
}

FIXTURE_TEARDOWN(fields)
{
	contender_stop(&self->contender);
}

TEST_F(fields, initialised)
{
	EXPECT_EQ(0, self->rs->rseq_cs);
	EXPECT_EQ(expected_flags(variant->area_flags), area_flags(self->rs));
	expect_ids(_metadata, self->rs, last_cpu());
	if (variant->v2 && slice_support() != SLICE_ABSENT)
		EXPECT_EQ(0, word(self->rs));
}

TEST_F(fields, enabled_as_flagged)
{
	bool enabled = expected_flags(variant->area_flags) & FLAG_ENABLED;

	if (slice_support() == SLICE_ABSENT)
		SKIP(return, "no slices");
	EXPECT_EQ(enabled ? PR_RSEQ_SLICE_EXT_ENABLE : 0, slice_get());
}

/* Programs keep data of their own behind what the kernel knows of. */
TEST_F(fields, rest_untouched)
{
	unsigned char *bytes = (unsigned char *)self->rs;
	size_t known = offsetof(struct rseq, mm_cid) + sizeof(self->rs->mm_cid);

	if (variant->v2)
		known = offsetof(struct rseq, slice_ctrl) + sizeof(self->rs->slice_ctrl);
	EXPECT_TRUE(get_preempted());
	ASSERT_EQ(0, unregister(self->rs, mode_len(variant->v2)));
	for (size_t i = known; i < page_size(); i++) {
		ASSERT_EQ(FILLER, bytes[i])
			TH_LOG("byte %zu", i);
	}
}

static void forge_cpu_id(void *arg)
{
	struct rseq *rs = arg;

	WRITE_ONCE(rs->cpu_id_start, 4711);
	pin_to(0);
	usleep(1000);
	_exit(READ_ONCE(rs->cpu_id_start) != 0);
}

/* V2 and debug mode enforce that IDs are read only, legacy mode overwrites them. */
TEST_F(fields, forged_ids)
{
	int status;

	if (variant->v2 && last_cpu() == 0)
		SKIP(return, "a single CPU never updates its ID");
	status = in_child(forge_cpu_id, self->rs);
	if (variant->v2 || debug_mode())
		EXPECT_KILLED(status, SIGSEGV);
	else
		EXPECT_EXITED(status, 0);
}

static void lose_area(void *arg)
{
	munmap(arg, page_size());
	for (;;)
		get_preempted();
}

TEST_F(fields, area_vanishes)
{
	EXPECT_KILLED(in_child(lose_area, self->rs), SIGSEGV);
}

static void lose_write_access(void *arg)
{
	mprotect(arg, page_size(), PROT_READ);
	pin_to(0);
	for (;;)
		get_preempted();
}

TEST_F(fields, area_turns_read_only)
{
	/* Nothing is written by an update that changes nothing. */
	if (slice_support() != SLICE_ON && variant->v2 && last_cpu() == 0)
		SKIP(return, "a single CPU never updates its ID");
	EXPECT_KILLED(in_child(lose_write_access, self->rs), SIGSEGV);
}

struct lost_area {
	struct rseq *rs;
	unsigned int len;
};

static void unregister_lost_area(void *arg)
{
	struct lost_area *lost = arg;

	munmap(lost->rs, page_size());
	unregister(lost->rs, lost->len);
}

TEST_F(fields, unregister_lost_area)
{
	struct lost_area lost = { self->rs, mode_len(variant->v2) };

	EXPECT_KILLED(in_child(unregister_lost_area, &lost), SIGSEGV);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
