/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_RSEQ_INLINE_CHECK_H
#define _LINUX_RSEQ_INLINE_CHECK_H

/*
 * The inline check in front of rust/slice/grant.rs, part of
 * exit_to_user_mode_loop(). It reads the slice state and the interrupt event of
 * the current task and calls only if there may be a grant to give or to revoke.
 */

#include "rseq_entry_points.h"

static __always_inline bool __rseq_grant_slice_extension(bool work_pending)
{
	const struct rseq_data *rseq = &current->rseq;
	u8 may_ask;

	if (!rseq_slice_extension_enabled())
		return false;

	/* Only an interrupted task can ask; an outstanding grant ends anyway */
	may_ask = rseq->slice.state.enabled & rseq->event.user_irq;
	if (likely(!(may_ask | rseq->slice.state.granted)))
		return false;

	return rseq_slice_grant(work_pending);
}

#endif /* _LINUX_RSEQ_INLINE_CHECK_H */
