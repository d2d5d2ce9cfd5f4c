// SPDX-License-Identifier: GPL-2.0

#include "member.h"
#include "word.h"

__u32 *id_field(const struct member *m)
{
	__u32 *fields[NR_IDS] = {
		&m->rs->cpu_id_start, &m->rs->cpu_id, &m->rs->node_id, &m->rs->mm_cid,
	};

	return fields[m->field];
}

void forge(const struct member *m)
{
	WRITE_ONCE(*id_field(m), FORGED);
}

enum outcome outcome(const struct member *m, __u32 genuine)
{
	__u32 id = READ_ONCE(*id_field(m));

	if (id == FORGED)
		return KEPT;
	return id == genuine ? RESTORED : GARBLED;
}

bool has_cids(const struct member *m)
{
	return READ_ONCE(m->rs->mm_cid) == 0;
}
