/* SPDX-License-Identifier: GPL-2.0 */
/* Time. Not to be asked within a grant: without a vDSO it is a system call. */
#ifndef RSEQ_ABI_CLOCK_H
#define RSEQ_ABI_CLOCK_H

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL

/* How long a test waits for something that is bound to happen, eventually. */
#define PATIENCE	(20 * NSEC_PER_SEC)

long long now(void);

/* The number of loops of spin_while() in @nsec */
long loops_in(long long nsec);

void spin(long long nsec);

#endif
