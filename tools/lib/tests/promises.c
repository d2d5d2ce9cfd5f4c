// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What rseq-slice.h promises of the word that a thread shares with the kernel,
 * and of threads, handlers and programs that begin and end: prints TAP
 *
 * promises keep|replace ready|without: the policy, and whether there are slices
 * then. Each case is a process, so that one which is killed fails.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../rseq-slice.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define ATTEMPTS	100	/* A thread that was just preempted has no request. */
#define REQUESTED	1U
#define THREADS		8
#define DETACHED	2000
#define STORM		2000000000LL	/* ns */
#define PATIENCE	20000000000LL	/* ns */

static bool ready;
static char **arguments;

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static uint32_t word(void)
{
	uint32_t *this = rseq_slice_this_thread.word;

	return this ? __atomic_load_n(this, __ATOMIC_RELAXED) : 0;
}

static uint32_t wanted(void)
{
	return ready ? REQUESTED : 0;
}

/* In one of several attempts "look" sees what it should. */
static bool some_time(bool (*look)(void))
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (look())
			return true;
	}
	return false;
}

static bool look_inside(void)
{
	uint32_t inside;

	rseq_slice_enter();
	inside = word();
	rseq_slice_leave();
	return inside == wanted() && !word();
}

static bool requested(void)
{
	return some_time(look_inside);
}

static bool look_at_depths(void)
{
	bool kept = true;

	for (int i = 0; i < 3; i++) {
		rseq_slice_enter();
		kept &= word() == wanted();
	}
	for (int i = 0; i < 3; i++) {
		kept &= word() == wanted();
		rseq_slice_leave();
	}
	return kept && !word();
}

static bool nested(void)
{
	return some_time(look_at_depths);
}

static bool look_after_first_unlock(void)
{
	static struct rseq_slice_spin first;
	static struct rseq_slice_mutex second;
	bool kept;

	rseq_slice_spin_lock(&first);
	rseq_slice_mutex_lock(&second);
	rseq_slice_spin_unlock(&first);
	kept = word() == wanted();
	rseq_slice_mutex_unlock(&second);
	return kept && !word();
}

static bool overlapping(void)
{
	return some_time(look_after_first_unlock);
}

static bool attempt_fails(void)
{
	static struct rseq_slice_spin spin = { 1 };
	static struct rseq_slice_mutex mutex = { 1 };
	struct timespec past = { 0, 0 };

	return !rseq_slice_spin_trylock(&spin) && !word() &&
	       !rseq_slice_mutex_trylock(&mutex) && !word() &&
	       !rseq_slice_mutex_lock_until(&mutex, &past) && !word();
}

static bool deadline_is_none(void)
{
	static struct rseq_slice_mutex mutex = { 1 };
	struct timespec wrong = { 0, 2000000000 };

	return !rseq_slice_mutex_lock_until(&mutex, &wrong);
}

/* The waiter's word, for the owner to look at */
static uint32_t *waiter;
static struct rseq_slice_mutex held;

static void *wait_for_it(void *unused)
{
	rseq_slice_support();
	__atomic_store_n(&waiter, rseq_slice_this_thread.word, __ATOMIC_RELEASE);
	rseq_slice_mutex_lock(&held);
	rseq_slice_mutex_unlock(&held);
	return unused;
}

static bool waits_without_request(void)
{
	uint32_t *theirs;
	pthread_t thread;
	bool without;

	rseq_slice_mutex_lock(&held);
	if (pthread_create(&thread, NULL, wait_for_it, NULL))
		return false;
	/* 2: it is about to sleep */
	while (__atomic_load_n(&held.state, __ATOMIC_RELAXED) != 2)
		usleep(1000);
	usleep(100000);
	theirs = __atomic_load_n(&waiter, __ATOMIC_ACQUIRE);
	without = !theirs || !__atomic_load_n(theirs, __ATOMIC_RELAXED);
	rseq_slice_mutex_unlock(&held);
	pthread_join(thread, NULL);
	return without;
}

static bool call_inside(void)
{
	for (int i = 0; i < ATTEMPTS * 100; i++) {
		rseq_slice_enter();
		syscall(SYS_getpid);
		rseq_slice_leave();
		if (word())
			return false;
	}
	return true;
}

static void *look_in_thread(void *seen)
{
	*(bool *)seen = some_time(look_inside);
	return NULL;
}

static bool threads(void)
{
	pthread_t thread[THREADS];
	bool seen[THREADS], all = true;

	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&thread[i], NULL, look_in_thread, &seen[i]))
			return false;
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		all &= seen[i];
	}
	return all;
}

static bool handler_saw;

static void look_in_handler(int signal)
{
	(void)signal;
	handler_saw |= look_inside();
}

static void *raise_first(void *unused)
{
	raise(SIGUSR1);
	return unused;
}

/* The first section of a thread is in a handler. */
static bool first_in_handler(void)
{
	signal(SIGUSR1, look_in_handler);
	for (int i = 0; i < ATTEMPTS && !handler_saw; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, raise_first, NULL))
			return false;
		pthread_join(thread, NULL);
	}
	return handler_saw;
}

static unsigned long handled;

static void enter_twice(int signal)
{
	(void)signal;
	rseq_slice_enter();
	rseq_slice_enter();
	handled++;
	rseq_slice_leave();
	rseq_slice_leave();
}

/* Signals come while threads set themselves up and have sections. */
static bool handlers_storm(void)
{
	struct itimerval often = { { 0, 97 }, { 0, 97 } }, never = { { 0, 0 }, { 0, 0 } };
	long long start = now();
	bool all = true;

	signal(SIGALRM, enter_twice);
	setitimer(ITIMER_REAL, &often, NULL);
	while (all && now() - start < STORM) {
		bool seen = false;
		pthread_t thread;

		if (pthread_create(&thread, NULL, look_in_thread, &seen))
			return false;
		for (int i = 0; i < 200; i++) {
			rseq_slice_enter();
			rseq_slice_leave();
		}
		pthread_join(thread, NULL);
		all = seen;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	printf("# handlers ran %lu times\n", handled);
	return all && handled > 100 && some_time(look_inside);
}

static bool succeeds(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && !status;
}

static bool fork_inside(void)
{
	bool here;
	pid_t pid;

	rseq_slice_enter();
	pid = fork();
	rseq_slice_leave();
	here = !word() && some_time(look_inside);
	if (!pid)
		_exit(!here);
	return succeeds(pid) && here;
}

static bool fork_afterwards(void)
{
	pid_t pid;

	rseq_slice_enter();
	rseq_slice_leave();
	pid = fork();
	if (!pid)
		_exit(!some_time(look_inside));
	return succeeds(pid);
}

static bool exec_inside(void)
{
	const char *policy = rseq_slice_chosen_policy == RSEQ_SLICE_REPLACE ? "replace" : "keep";
	const char *expected = ready ? "ready" : "without";

	rseq_slice_enter();
	execl("/proc/self/exe", arguments[0], policy, "inside", expected, NULL);
	return false;
}

static bool disabled_later(void)
{
	bool without = true;

	rseq_slice_enter();
	rseq_slice_leave();
	if (prctl(RSEQ_SLICE_PRCTL, RSEQ_SLICE_PRCTL_SET, 0, 0, 0) && ready)
		return false;
	for (int i = 0; i < ATTEMPTS * 1000; i++) {
		rseq_slice_enter();
		without &= !rseq_slice_is_granted();
		rseq_slice_leave();
	}
	return without;
}

/* Where the area is that of the header, the kernel has got enough of it. */
static bool registration(void)
{
	struct rseq_slice_area *area;

	rseq_slice_enter();
	rseq_slice_leave();
	if (!ready)
		return !rseq_slice_this_thread.word || !word();
	area = (void *)((char *)rseq_slice_this_thread.word -
			offsetof(struct rseq_slice_area, request));
	if (!(area->flags & RSEQ_SLICE_AVAILABLE) || !(area->flags & RSEQ_SLICE_ENABLED))
		return false;
	/* The kernel refuses an area that is registered already, with EBUSY. */
	return area != &rseq_slice_this_thread.own ||
	       (rseq_slice_register(area, rseq_slice_own_length(), 0) == -EBUSY &&
		rseq_slice_own_length() >= RSEQ_SLICE_FEATURE_SIZE &&
		!((uintptr_t)area % 64));
}

static bool thread_exit(void)
{
	rseq_slice_enter();
	rseq_slice_leave();
	rseq_slice_thread_exit();
	rseq_slice_enter();
	rseq_slice_leave();
	return !rseq_slice_is_granted() && rseq_slice_this_thread.depth == RSEQ_SLICE_UNAVAILABLE;
}

/* A section that is open then ends as others do. */
static bool thread_exit_inside(void)
{
	rseq_slice_enter();
	rseq_slice_thread_exit();
	rseq_slice_leave();
	return !rseq_slice_is_granted() && rseq_slice_this_thread.depth == RSEQ_SLICE_UNAVAILABLE;
}

static unsigned int gone;

static void *be_gone(void *unused)
{
	rseq_slice_enter();
	rseq_slice_leave();
	__atomic_add_fetch(&gone, 1, __ATOMIC_RELAXED);
	return unused;
}

static void *take_cpu(void *unused)
{
	while (__atomic_load_n(&gone, __ATOMIC_RELAXED) < DETACHED)
		;
	return unused;
}

/* Threads that unmap their own memory, and lose the CPU while they do */
static bool detached_threads(void)
{
	long long start = now();
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 2; i++) {
		if (pthread_create(&thread, &attr, take_cpu, NULL))
			return false;
	}
	for (int i = 0; i < DETACHED; i++) {
		while (pthread_create(&thread, &attr, be_gone, NULL))
			usleep(1000);
	}
	while (__atomic_load_n(&gone, __ATOMIC_RELAXED) < DETACHED && now() - start < PATIENCE * 3)
		usleep(1000);
	/* Until the last of them is gone */
	usleep(50000);
	return gone == DETACHED;
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "requested", requested },
	{ "nested", nested },
	{ "overlapping", overlapping },
	{ "attempt_fails", attempt_fails },
	{ "deadline_is_none", deadline_is_none },
	{ "waits_without_request", waits_without_request },
	{ "call_inside", call_inside },
	{ "threads", threads },
	{ "first_in_handler", first_in_handler },
	{ "handlers_storm", handlers_storm },
	{ "fork_inside", fork_inside },
	{ "fork_afterwards", fork_afterwards },
	{ "exec_inside", exec_inside },
	{ "disabled_later", disabled_later },
	{ "registration", registration },
	{ "thread_exit", thread_exit },
	{ "thread_exit_inside", thread_exit_inside },
	{ "detached_threads", detached_threads },
};

static bool holds(bool (*run)(void))
{
	pid_t pid = fork();

	if (!pid) {
		bool held = run();

		fflush(stdout);
		_exit(!held);
	}
	return succeeds(pid);
}

int main(int argc, char **argv)
{
	bool all = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	arguments = argv;
	if (argc > 1 && !strcmp(argv[1], "replace"))
		rseq_slice_set_policy(RSEQ_SLICE_REPLACE);
	ready = !strcmp(argv[argc - 1], "ready");
	if (argc > 3)
		return !some_time(look_inside);
	printf("1..%zu\n", ARRAY_SIZE(cases));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool held = holds(cases[i].run);

		all &= held;
		printf("%s %zu %s\n", held ? "ok" : "not ok", i + 1, cases[i].name);
	}
	return !all;
}
