/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_RSEQ_ENTRY_POINTS_H
#define _LINUX_RSEQ_ENTRY_POINTS_H

/*
 * The entry points from C into Rust that rust/rseq.rs exports, and the one from
 * Rust into rust/glue.c. Those that the rest of the kernel calls are declared in
 * <linux/rseq.h> and <linux/rseq_entry.h>.
 */

#include <linux/hrtimer_types.h>
#include <linux/types.h>

struct rseq;

long rseq_registration(struct rseq __user *rseq, u32 rseq_len, int flags, u32 sig);
int rseq_debugfs_init(void);

long rseq_slice_yielded(void);
enum hrtimer_restart rseq_slice_expired(struct hrtimer *timer);
int rseq_slice_init(void);

void rseq_control_debug(bool on);

#endif /* _LINUX_RSEQ_ENTRY_POINTS_H */
