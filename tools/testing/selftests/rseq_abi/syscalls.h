/* SPDX-License-Identifier: GPL-2.0 */
/* The system calls of rseq, as raw as they are */
#ifndef RSEQ_ABI_SYSCALLS_H
#define RSEQ_ABI_SYSCALLS_H

#include <errno.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/rseq.h>

#define KERNEL_ENOTSUPP	524		/* not part of any user header */

long sys_rseq(struct rseq *rs, unsigned long len, int flags, unsigned int sig);
long slice_yield(void);
long slice_prctl(unsigned long arg2, unsigned long arg3);
long slice_get(void);
long slice_set(unsigned long enable);

/* 0 or the errno of a call that returns -1 on failure */
int error_of(long ret);

#endif
