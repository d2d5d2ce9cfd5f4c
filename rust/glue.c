// SPDX-License-Identifier: GPL-2.0
/*
 * What only C can express: system call entries, static keys, kernel parameters,
 * initcalls, tracepoints, and the counters that inline C increments. No decision
 * is taken here.
 */

#include <linux/init.h>
#include <linux/jump_label.h>
#include <linux/kstrtox.h>
#include <linux/percpu.h>
#include <linux/rseq_entry.h>
#include <linux/syscalls.h>

#include "../include/linux/rseq_entry_points.h"

#define CREATE_TRACE_POINTS
#define CREATE_RUST_TRACE_POINTS
#include <trace/events/rseq.h>

SYSCALL_DEFINE4(rseq, struct rseq __user *, rseq, u32, rseq_len, int, flags, u32, sig)
{
	return rseq_registration(rseq, rseq_len, flags, sig);
}

#ifdef CONFIG_RSEQ_STATS
DEFINE_PER_CPU(struct rseq_stats, rseq_stats);
#endif

DEFINE_STATIC_KEY_MAYBE(CONFIG_RSEQ_DEBUG_DEFAULT_ENABLE, rseq_debug_enabled);

void rseq_control_debug(bool on)
{
	if (on)
		static_branch_enable(&rseq_debug_enabled);
	else
		static_branch_disable(&rseq_debug_enabled);
}

static int __init rseq_debug_setup(char *str)
{
	bool on;

	if (kstrtobool(str, &on))
		return -EINVAL;
	rseq_control_debug(on);
	return 1;
}
__setup("rseq_debug=", rseq_debug_setup);

#ifdef CONFIG_DEBUG_FS
device_initcall(rseq_debugfs_init);
#endif

#ifdef CONFIG_RSEQ_SLICE_EXTENSION
SYSCALL_DEFINE0(rseq_slice_yield)
{
	return rseq_slice_yielded();
}

DEFINE_STATIC_KEY_TRUE(rseq_slice_extension_key);

static int __init rseq_slice_ext_setup(char *str)
{
	bool on;

	if (kstrtobool(str, &on))
		return 0;
	if (!on)
		static_branch_disable(&rseq_slice_extension_key);
	return 1;
}
__setup("rseq_slice_ext=", rseq_slice_ext_setup);

early_initcall(rseq_slice_init);
#endif /* CONFIG_RSEQ_SLICE_EXTENSION */
