// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Runs the cases of rseq-slice/tests/cases.txt with rseq-slice.h, and prints the
 * results as TAP
 *
 * cases [replace] EXPECTED, where EXPECTED is what a thread can expect there.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../rseq-slice.h"
#include "other_file.h"

#define PATIENCE	20000000000LL	/* ns */
#define WAKEUP		200000L		/* ns, how often the contender of a grant wakes up */
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define THREADS		4
#define ROUNDS		20000

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

static bool stop;

static void *contend(void *unused)
{
	struct timespec pause = { .tv_nsec = WAKEUP };

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		nanosleep(&pause, NULL);
	return unused;
}

static void pin_to_last_cpu(void)
{
	int cpu = CPU_SETSIZE;
	cpu_set_t set;

	sched_getaffinity(0, sizeof(set), &set);
	do
		cpu--;
	while (!CPU_ISSET(cpu, &set));
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Run "work" while another thread wants the CPU all the time. */
static bool contended(bool (*work)(void))
{
	pthread_t contender;
	bool result;

	pin_to_last_cpu();
	stop = false;
	if (pthread_create(&contender, NULL, contend, NULL))
		return false;
	result = work();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(contender, NULL);
	return result;
}

/* Begin a section in which the kernel has granted a slice. */
static bool obtain(void)
{
	long long start = now();

	while (now() - start < PATIENCE) {
		long long attempt = now();

		begin_section();
		while (now() - attempt < WAKEUP * 5) {
			if (rseq_slice_is_granted())
				return true;
		}
		rseq_slice_leave();
	}
	printf("# no slice was granted: %s\n", rseq_slice_strsupport(rseq_slice_support()));
	return false;
}

static bool obtain_once(void)
{
	bool obtained = obtain();

	if (obtained)
		rseq_slice_leave();
	return obtained;
}

static bool obtain_often(void)
{
	for (int i = 0; i < 20; i++) {
		if (!obtain_once() || rseq_slice_is_granted())
			return false;
	}
	return true;
}

static bool granted(void)
{
	return contended(obtain_often);
}

static bool keep_inside(void)
{
	long long start = now();

	while (now() - start < PATIENCE) {
		bool kept;

		if (!obtain())
			return false;
		inner_section();
		kept = rseq_slice_is_granted();
		rseq_slice_leave();
		/* Unless it was over by then */
		if (kept)
			return true;
	}
	return false;
}

static bool nested(void)
{
	return contended(keep_inside);
}

/* Two locks that are released in the order in which they were taken */
static bool keep_to_the_end(void)
{
	static struct rseq_slice_spin first, second;
	long long start = now();

	while (now() - start < PATIENCE) {
		bool kept;

		rseq_slice_spin_lock(&first);
		if (!obtain())
			return false;
		rseq_slice_spin_lock(&second);
		rseq_slice_spin_unlock(&first);
		kept = rseq_slice_is_granted();
		rseq_slice_leave();
		rseq_slice_spin_unlock(&second);
		if (kept)
			return true;
	}
	return false;
}

static bool out_of_order(void)
{
	return contended(keep_to_the_end);
}

static volatile int handled;

static void handle(int signal)
{
	rseq_slice_enter();
	handled += !!signal;
	rseq_slice_leave();
}

static bool be_interrupted(void)
{
	long long start = now();

	while (handled < 2000 && now() - start < PATIENCE) {
		rseq_slice_enter();
		rseq_slice_leave();
	}
	return handled >= 2000;
}

static bool in_handler(void)
{
	/* An odd number, so that signals do not keep step with the contender */
	struct itimerval often = { { 0, 73 }, { 0, 73 } }, never = { { 0, 0 }, { 0, 0 } };
	bool result;

	signal(SIGALRM, handle);
	setitimer(ITIMER_REAL, &often, NULL);
	result = contended(be_interrupted);
	setitimer(ITIMER_REAL, &never, NULL);
	return result && contended(obtain_once);
}

static bool keep_errno(void)
{
	for (int i = 0; i < 20; i++) {
		if (!obtain())
			return false;
		errno = 4711;
		rseq_slice_leave();
		if (errno != 4711)
			return false;
	}
	return true;
}

static bool leaves_errno(void)
{
	return contended(keep_errno);
}

static void *obtain_in_thread(void *result)
{
	*(bool *)result = contended(obtain_once);
	return NULL;
}

static bool other_thread(void)
{
	for (int i = 0; i < 10; i++) {
		bool result = false;
		pthread_t thread;

		if (pthread_create(&thread, NULL, obtain_in_thread, &result))
			return false;
		pthread_join(thread, NULL);
		if (!result)
			return false;
	}
	return true;
}

static bool in_child(bool (*work)(int), int argument)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(!work(argument));
	return waitpid(pid, &status, 0) == pid && !status;
}

static bool go_on(int unused)
{
	(void)unused;
	rseq_slice_leave();
	return contended(obtain_once);
}

static bool forked(void)
{
	bool child;

	rseq_slice_enter();
	child = in_child(go_on, 0);
	rseq_slice_leave();
	return child && contended(obtain_once);
}

static struct rseq_slice_spin spin;
static struct rseq_slice_mutex mutex;
static unsigned long both[2];

static void *add_with_spinlock(void *consistent)
{
	for (int i = 0; i < ROUNDS; i++) {
		rseq_slice_spin_lock(&spin);
		both[0]++;
		both[1]++;
		*(bool *)consistent &= both[0] == both[1];
		rseq_slice_spin_unlock(&spin);
	}
	return NULL;
}

static void *add_with_mutex(void *consistent)
{
	for (int i = 0; i < ROUNDS; i++) {
		rseq_slice_mutex_lock(&mutex);
		both[0]++;
		both[1]++;
		*(bool *)consistent &= both[0] == both[1];
		rseq_slice_mutex_unlock(&mutex);
	}
	return NULL;
}

static bool add_up(void *(*add)(void *))
{
	bool consistent[THREADS], all = true;
	pthread_t threads[THREADS];

	both[0] = 0;
	both[1] = 0;
	for (int i = 0; i < THREADS; i++) {
		consistent[i] = true;
		if (pthread_create(&threads[i], NULL, add, &consistent[i]))
			return false;
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		all &= consistent[i];
	}
	return all && both[0] == THREADS * ROUNDS && both[1] == both[0];
}

static bool spinlock_excludes(void)
{
	return add_up(add_with_spinlock);
}

static void *give_up(void *taken)
{
	struct timespec soon;

	clock_gettime(CLOCK_MONOTONIC, &soon);
	soon.tv_nsec += 5000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_nsec -= 1000000000;
		soon.tv_sec++;
	}
	*(bool *)taken = rseq_slice_mutex_lock_until(&mutex, &soon);
	return NULL;
}

static bool mutex_excludes(void)
{
	bool taken = true;
	pthread_t thread;

	rseq_slice_mutex_lock(&mutex);
	if (pthread_create(&thread, NULL, give_up, &taken))
		return false;
	pthread_join(thread, NULL);
	rseq_slice_mutex_unlock(&mutex);
	return !taken && add_up(add_with_mutex);
}

/* Have the yield fail in this process from now on. */
static bool deny(int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RSEQ_SLICE_NR_YIELD, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned int)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static bool go_on_without_yield(int error)
{
	return deny(error) && contended(obtain_often) &&
	       rseq_slice_support() == RSEQ_SLICE_YIELD_DENIED;
}

static bool yield_denied(void)
{
	return in_child(go_on_without_yield, EPERM) && in_child(go_on_without_yield, ENOSYS);
}

static const struct {
	const char *name;
	bool (*run)(void);
} cases[] = {
	{ "granted", granted },
	{ "nested", nested },
	{ "out_of_order", out_of_order },
	{ "in_handler", in_handler },
	{ "errno", leaves_errno },
	{ "other_thread", other_thread },
	{ "forked", forked },
	{ "spinlock", spinlock_excludes },
	{ "mutex", mutex_excludes },
	{ "yield_denied", yield_denied },
};

/* As in the crate */
static const char *name_of(enum rseq_slice_support support)
{
	static const char * const names[] = {
		"ready", "old_kernel", "not_offered", "legacy_registration",
		"registration_failed", "enabling_failed", "yield_denied",
	};

	return names[support];
}

static void report(bool held, int number, const char *name, bool skipped)
{
	printf("%s %d %s%s\n", held ? "ok" : "not ok", number, name,
	       skipped ? " # SKIP no slices" : "");
}

int main(int argc, char **argv)
{
	const int number = ARRAY_SIZE(cases);
	struct rseq_slice_area *registered;
	enum rseq_slice_support support;
	bool passed, skipped;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "replace")) {
		rseq_slice_set_policy(RSEQ_SLICE_REPLACE);
		argv++;
		argc--;
	}
	registered = rseq_slice_of_c_library();
	support = rseq_slice_support();
	passed = argc > 1 && !strcmp(argv[1], name_of(support));
	/* What has no slices to offer is not replaced. */
	if (support != RSEQ_SLICE_READY && rseq_slice_of_c_library() != registered) {
		printf("# the C library has lost its registration\n");
		passed = false;
	}
	printf("1..%d\n# %s\n", number + 1, rseq_slice_strsupport(support));
	report(passed, 1, "support", false);
	skipped = support != RSEQ_SLICE_READY;
	for (int i = 0; i < number; i++) {
		bool held = skipped || cases[i].run();

		passed &= held;
		report(held, i + 2, cases[i].name, skipped);
	}
	return !passed;
}
