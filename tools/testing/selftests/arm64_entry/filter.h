/* SPDX-License-Identifier: GPL-2.0 */
/* Seccomp filters */
#ifndef ARM64_ENTRY_FILTER_H
#define ARM64_ENTRY_FILTER_H

#include <linux/seccomp.h>
#include <linux/types.h>

/* An error in no danger of being returned by chance */
#define ODD_ERRNO	42

/* What becomes of a call with the number @nr; all others are allowed. */
void filter_nr(__u32 nr, __u32 action);

/* What becomes of a call that looks like @data in every word */
void filter_data(const struct seccomp_data *data, __u32 action);

#endif
