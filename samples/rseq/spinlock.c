// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A spinlock without slices and with them: how often is its owner preempted,
 * while all others spin?
 */

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "../../tools/lib/rseq-slice.h"

#define THREADS		6
#define SECTIONS	10000
#define SECTION_NSEC	2000
#define PREEMPTED_NSEC	100000	/* No section takes that long by itself. */

static struct rseq_slice_spin lock;
static bool with_slices;
static long preempted;

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static void *contend(void *unused)
{
	for (int i = 0; i < SECTIONS; i++) {
		long long start;

		if (with_slices)
			rseq_slice_spin_lock(&lock);
		else
			while (__atomic_exchange_n(&lock.locked, 1, __ATOMIC_ACQUIRE))
				;
		start = now();
		while (now() - start < SECTION_NSEC)
			;
		preempted += now() - start > PREEMPTED_NSEC;
		if (with_slices)
			rseq_slice_spin_unlock(&lock);
		else
			__atomic_store_n(&lock.locked, 0, __ATOMIC_RELEASE);
	}
	return unused;
}

int main(void)
{
	puts(rseq_slice_strsupport(rseq_slice_support()));
	for (int i = 0; i < 2; i++) {
		pthread_t threads[THREADS];

		with_slices = i;
		preempted = 0;
		for (int j = 0; j < THREADS; j++)
			pthread_create(&threads[j], NULL, contend, NULL);
		for (int j = 0; j < THREADS; j++)
			pthread_join(threads[j], NULL);
		printf("%-15s preempted in %ld of %d sections\n",
		       with_slices ? "with slices:" : "without slices:", preempted,
		       THREADS * SECTIONS);
	}
	return 0;
}
