/* SPDX-License-Identifier: GPL-2.0 */
/* The control word: what the thread says and what the kernel answers */
#ifndef RSEQ_ABI_WORD_H
#define RSEQ_ABI_WORD_H

#include <stdbool.h>

#include <linux/rseq.h>

/* What kernel, handler or another thread may change, or looks at, meanwhile */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), val, __ATOMIC_RELAXED)

static inline __u32 word(struct rseq *rs)
{
	return READ_ONCE(rs->slice_ctrl.all);
}

static inline void set_word(struct rseq *rs, __u32 val)
{
	WRITE_ONCE(rs->slice_ctrl.all, val);
}

static inline void set_request(struct rseq *rs, __u8 val)
{
	WRITE_ONCE(rs->slice_ctrl.request, val);
}

__u32 word_of(__u8 request, __u8 granted, __u16 reserved);

#define REQUESTED	word_of(1, 0, 0)
#define GRANTED		word_of(0, 1, 0)

/* Watch the word without leaving user space, until it is not @val any more. */
long spin_while(struct rseq *rs, __u32 val, long loops);

/* Request until granted; false when that takes too long. */
bool request_grant(struct rseq *rs, __u32 request, __u32 granted);
bool obtain_grant(struct rseq *rs);

#endif
