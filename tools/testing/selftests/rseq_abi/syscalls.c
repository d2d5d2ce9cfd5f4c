// SPDX-License-Identifier: GPL-2.0

#include "syscalls.h"

long sys_rseq(struct rseq *rs, unsigned long len, int flags, unsigned int sig)
{
	return syscall(__NR_rseq, rs, len, flags, sig);
}

long slice_yield(void)
{
	return syscall(__NR_rseq_slice_yield);
}

long slice_prctl(unsigned long arg2, unsigned long arg3)
{
	return syscall(__NR_prctl, PR_RSEQ_SLICE_EXTENSION, arg2, arg3, 0, 0);
}

long slice_get(void)
{
	return slice_prctl(PR_RSEQ_SLICE_EXTENSION_GET, 0);
}

long slice_set(unsigned long enable)
{
	return slice_prctl(PR_RSEQ_SLICE_EXTENSION_SET, enable);
}

int error_of(long ret)
{
	return ret < 0 ? errno : 0;
}
