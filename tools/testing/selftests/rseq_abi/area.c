// SPDX-License-Identifier: GPL-2.0

#include <unistd.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include <linux/auxvec.h>

#include "area.h"
#include "support.h"
#include "syscalls.h"
#include "word.h"

unsigned int feature_size(void)
{
	return getauxval(AT_RSEQ_FEATURE_SIZE);
}

unsigned int v2_len(void)
{
	return feature_size() > LEGACY_LEN ? feature_size() : sizeof(struct rseq);
}

size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

struct rseq *area_alloc(void)
{
	void *low = (void *)(1UL << 32);
	void *area = mmap(low, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

long register_v2(struct rseq *rs, int flags)
{
	return sys_rseq(rs, v2_len(), flags, AREA_SIG);
}

long register_legacy(struct rseq *rs, int flags)
{
	return sys_rseq(rs, LEGACY_LEN, flags, AREA_SIG);
}

unsigned int mode_len(bool v2)
{
	return v2 ? v2_len() : LEGACY_LEN;
}

long register_mode(struct rseq *rs, bool v2, int flags)
{
	return sys_rseq(rs, mode_len(v2), flags, AREA_SIG);
}

long unregister(struct rseq *rs, unsigned int len)
{
	return sys_rseq(rs, len, RSEQ_FLAG_UNREGISTER, AREA_SIG);
}

unsigned int area_flags(struct rseq *rs)
{
	return READ_ONCE(rs->flags);
}

unsigned int expected_flags(unsigned int flags)
{
	return slice_support() == SLICE_ON ? flags : 0;
}
