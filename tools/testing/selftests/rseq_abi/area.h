/* SPDX-License-Identifier: GPL-2.0 */
/* Areas, and their registration in either mode */
#ifndef RSEQ_ABI_AREA_H
#define RSEQ_ABI_AREA_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/rseq.h>

#define LEGACY_LEN	32u
#define AREA_SIG	0x736c6963	/* known to the assembler too */

#define FLAG_AVAILABLE	RSEQ_CS_FLAG_SLICE_EXT_AVAILABLE
#define FLAG_ENABLED	RSEQ_CS_FLAG_SLICE_EXT_ENABLED
#define FLAG_DEFAULT_ON	RSEQ_FLAG_SLICE_EXT_DEFAULT_ON

unsigned int feature_size(void);

/* The shortest length that selects V2 */
unsigned int v2_len(void);

size_t page_size(void);

/*
 * An area has a page to itself, so that its page can be taken away. The first
 * one is so low that any length from there on ends in user space.
 */
struct rseq *area_alloc(void);

long register_v2(struct rseq *rs, int flags);
long register_legacy(struct rseq *rs, int flags);

/* The two modes, for tests that have a variant for each */
unsigned int mode_len(bool v2);
long register_mode(struct rseq *rs, bool v2, int flags);

long unregister(struct rseq *rs, unsigned int len);
unsigned int area_flags(struct rseq *rs);

/* What is left of these flags in an area if the kernel has no slices */
unsigned int expected_flags(unsigned int flags);

#endif
