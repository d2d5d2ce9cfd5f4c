/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel and the C library at hand */
#ifndef RSEQ_ABI_SUPPORT_H
#define RSEQ_ABI_SUPPORT_H

#include <stdbool.h>

enum slice_support { SLICE_ABSENT, SLICE_OFF, SLICE_ON };

enum slice_support slice_support(void);
bool slices_enabled(void);

/* Skip the whole program if there are none. */
void need_slices(void);

/*
 * One registration for each thread, and these tests want it: run again with
 * the C library's own switched off.
 */
void without_libc_rseq(char **argv);

#endif
