// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The constants of rseq-slice.h are those of the kernel's headers: compiling
 * this against them is the test
 */

#include <asm/unistd.h>
#include <linux/auxvec.h>
#include <linux/prctl.h>
#include <linux/rseq.h>

#include "../rseq-slice.h"

#define SAME(ours, theirs)	_Static_assert((ours) == (theirs), #ours)
#define SAME_FIELD(ours, theirs) \
	SAME(offsetof(struct rseq_slice_area, ours), offsetof(struct rseq, theirs))

SAME(RSEQ_SLICE_FEATURE_SIZE, offsetof(struct rseq, end));
SAME(RSEQ_SLICE_LEGACY_SIZE, _Alignof(struct rseq));
SAME(RSEQ_SLICE_UNREGISTER, RSEQ_FLAG_UNREGISTER);
SAME(RSEQ_SLICE_DEFAULT_ON, RSEQ_FLAG_SLICE_EXT_DEFAULT_ON);
SAME(RSEQ_SLICE_AVAILABLE, RSEQ_CS_FLAG_SLICE_EXT_AVAILABLE);
SAME(RSEQ_SLICE_ENABLED, RSEQ_CS_FLAG_SLICE_EXT_ENABLED);
SAME(RSEQ_SLICE_PRCTL, PR_RSEQ_SLICE_EXTENSION);
SAME(RSEQ_SLICE_PRCTL_SET, PR_RSEQ_SLICE_EXTENSION_SET);
SAME(RSEQ_SLICE_PRCTL_ENABLE, PR_RSEQ_SLICE_EXT_ENABLE);
SAME(RSEQ_SLICE_AT_FEATURE_SIZE, AT_RSEQ_FEATURE_SIZE);
SAME(RSEQ_SLICE_NR_YIELD, __NR_rseq_slice_yield);
SAME(RSEQ_SLICE_NR_RSEQ, __NR_rseq);
SAME(RSEQ_SLICE_NR_PRCTL, __NR_prctl);
SAME(RSEQ_SLICE_NR_SIGPROCMASK, __NR_rt_sigprocmask);
SAME(RSEQ_SLICE_NR_FUTEX, __NR_futex);
SAME_FIELD(cpu_id, cpu_id);
SAME_FIELD(flags, flags);
SAME_FIELD(request, slice_ctrl.request);
SAME_FIELD(granted, slice_ctrl.granted);
