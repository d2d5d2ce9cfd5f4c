/* SPDX-License-Identifier: GPL-2.0 */
/* IDs that user space forges, and what becomes of them */
#ifndef RSEQ_ABI_MEMBER_H
#define RSEQ_ABI_MEMBER_H

#include <stdbool.h>

#include <linux/rseq.h>

/* No kernel writes this into an ID field. */
#define FORGED		0x80000b0bu

enum { CPU_ID_START, CPU_ID, NODE_ID, MM_CID, NR_IDS };

/* What the children inherit: the registered area, and its mode */
struct member {
	struct rseq *rs;
	bool v2;
	int field;
};

enum outcome { KEPT = 1, RESTORED, GARBLED };

__u32 *id_field(const struct member *m);
void forge(const struct member *m);

/* What has become of a forged ID, as the exit status of a child that stays */
enum outcome outcome(const struct member *m, __u32 genuine);

/*
 * Does the scheduler hand out concurrency IDs? It may be configured not to;
 * then they are CPU numbers. To ask a process that has one thread.
 */
bool has_cids(const struct member *m);

#endif
