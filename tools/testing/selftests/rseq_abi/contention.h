/* SPDX-License-Identifier: GPL-2.0 */
/* CPUs, and threads that contend for them */
#ifndef RSEQ_ABI_CONTENTION_H
#define RSEQ_ABI_CONTENTION_H

#include <pthread.h>
#include <stdbool.h>

bool pin_to(int cpu);

/* The last CPU that may be used: CPU 0 is the busiest. */
int last_cpu(void);

struct contender {
	pthread_t	thread;
	long		sleep_nsec;	/* 0: never sleeps */
	bool		stop;
};

/* Who is SCHED_IDLE is preempted by whoever wakes up on its CPU. */
void invite_preemption(void);

/*
 * The contender inherits the CPU of the caller, which has to be pinned. One
 * that sleeps preempts at each wake-up, one that does not takes its share.
 */
bool contender_start(struct contender *c, long sleep_nsec);
void contender_stop(struct contender *c);

long preemptions(void);
long context_switches(void);

/* Be preempted in user space, for sure: most of the time is spent there. */
bool get_preempted(void);

#endif
