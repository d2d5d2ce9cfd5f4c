/* SPDX-License-Identifier: GPL-2.0 */
/* The IDs in an area */
#ifndef RSEQ_ABI_IDS_H
#define RSEQ_ABI_IDS_H

#include "rseq_abi.h"

static inline void expect_ids(struct __test_metadata *_metadata, struct rseq *rs, unsigned int cpu)
{
	unsigned int node = ~0;

	ASSERT_EQ(0, syscall(__NR_getcpu, NULL, &node, NULL));
	EXPECT_EQ(cpu, READ_ONCE(rs->cpu_id));
	EXPECT_EQ(cpu, READ_ONCE(rs->cpu_id_start));
	EXPECT_EQ(node, READ_ONCE(rs->node_id));
	EXPECT_LT(READ_ONCE(rs->mm_cid), sysconf(_SC_NPROCESSORS_CONF));
}

#endif
