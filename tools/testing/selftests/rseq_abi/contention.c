// SPDX-License-Identifier: GPL-2.0

#include <sched.h>
#include <time.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "clock.h"
#include "contention.h"
#include "word.h"

bool pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

int last_cpu(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	while (cpu >= 0 && !CPU_ISSET(cpu, &set))
		cpu--;
	return cpu;
}

static void *contend(void *arg)
{
	struct contender *c = arg;
	struct timespec ts = { .tv_nsec = c->sleep_nsec };

	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	while (!READ_ONCE(c->stop)) {
		if (c->sleep_nsec)
			nanosleep(&ts, NULL);
	}
	return NULL;
}

void invite_preemption(void)
{
	struct sched_param param = { };

	sched_setscheduler(0, SCHED_IDLE, &param);
}

bool contender_start(struct contender *c, long sleep_nsec)
{
	loops_in(0);		/* measured while the CPU is not shared */
	c->sleep_nsec = sleep_nsec;
	c->stop = false;
	if (pthread_create(&c->thread, NULL, contend, c))
		return false;
	if (sleep_nsec)
		invite_preemption();
	return true;
}

void contender_stop(struct contender *c)
{
	WRITE_ONCE(c->stop, true);
	pthread_join(c->thread, NULL);
}

long preemptions(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_nivcsw;
}

long context_switches(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_nvcsw + ru.ru_nivcsw;
}

bool get_preempted(void)
{
	long long start = now();
	long seen = preemptions();

	do {
		spin(5 * NSEC_PER_MSEC);
		if (preemptions() - seen >= 5)
			return true;
	} while (now() - start < PATIENCE);
	return false;
}
