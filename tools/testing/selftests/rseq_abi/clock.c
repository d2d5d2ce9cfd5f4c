// SPDX-License-Identifier: GPL-2.0

#include <time.h>

#include "clock.h"
#include "word.h"

long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

long loops_in(long long nsec)
{
	static double per_nsec;

	if (per_nsec == 0) {
		struct rseq dummy = { };
		long loops = 1000;
		long long took;

		do {
			long long start = now();

			loops *= 2;
			spin_while(&dummy, 0, loops);
			took = now() - start;
		} while (took < 10 * NSEC_PER_MSEC);
		per_nsec = (double)loops / took;
	}
	return nsec * per_nsec + 1;
}

void spin(long long nsec)
{
	struct rseq dummy = { };

	spin_while(&dummy, 0, loops_in(nsec));
}
