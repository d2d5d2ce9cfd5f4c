// SPDX-License-Identifier: GPL-2.0
/* Row 5 of the table of modes: time slice extensions */

#include "mode.h"
#include "rseq_debugfs.h"

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
