/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every program of this directory needs: raw system calls, the control
 * word, a CPU of its own with a contender on it, children that may die.
 */
#ifndef RSEQ_ABI_H
#define RSEQ_ABI_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/auxvec.h>
#include <linux/rseq.h>

#include "kselftest_harness.h"

#define LEGACY_LEN	32u
#define AREA_SIG	0x736c6963	/* known to the assembler too */
#define KERNEL_ENOTSUPP	524		/* not part of any user header */

#define FLAG_AVAILABLE	RSEQ_CS_FLAG_SLICE_EXT_AVAILABLE
#define FLAG_ENABLED	RSEQ_CS_FLAG_SLICE_EXT_ENABLED
#define FLAG_DEFAULT_ON	RSEQ_FLAG_SLICE_EXT_DEFAULT_ON

#define NSEC_PER_SEC	1000000000LL
#define NSEC_PER_MSEC	1000000LL

/* What kernel, handler or another thread may change, or looks at, meanwhile */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), val, __ATOMIC_RELAXED)

/* How long a test waits for something that is bound to happen, eventually. */
#define PATIENCE	(20 * NSEC_PER_SEC)

/* System calls */

static inline long sys_rseq(struct rseq *rs, unsigned long len, int flags,
			    unsigned int sig)
{
	return syscall(__NR_rseq, rs, len, flags, sig);
}

static inline long slice_yield(void)
{
	return syscall(__NR_rseq_slice_yield);
}

static inline long slice_prctl(unsigned long arg2, unsigned long arg3)
{
	return syscall(__NR_prctl, PR_RSEQ_SLICE_EXTENSION, arg2, arg3, 0, 0);
}

static inline long slice_get(void)
{
	return slice_prctl(PR_RSEQ_SLICE_EXTENSION_GET, 0);
}

static inline long slice_set(unsigned long enable)
{
	return slice_prctl(PR_RSEQ_SLICE_EXTENSION_SET, enable);
}

/* 0 or the errno of a call that returns -1 on failure */
static inline int error_of(long ret)
{
	return ret < 0 ? errno : 0;
}

/* Registration */

static inline unsigned int feature_size(void)
{
	return getauxval(AT_RSEQ_FEATURE_SIZE);
}

/* The shortest length that selects V2 */
static inline unsigned int v2_len(void)
{
	return feature_size() > LEGACY_LEN ? feature_size() : sizeof(struct rseq);
}

static inline size_t page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/*
 * An area has a page to itself, so that its page can be taken away. The first
 * one is so low that any length from there on ends in user space.
 */
static inline struct rseq *area_alloc(void)
{
	void *low = (void *)(1UL << 32);
	void *area = mmap(low, page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return area == MAP_FAILED ? NULL : area;
}

static inline long register_v2(struct rseq *rs, int flags)
{
	return sys_rseq(rs, v2_len(), flags, AREA_SIG);
}

static inline long register_legacy(struct rseq *rs, int flags)
{
	return sys_rseq(rs, LEGACY_LEN, flags, AREA_SIG);
}

/* The two modes, for tests that have a variant for each */
static inline unsigned int mode_len(bool v2)
{
	return v2 ? v2_len() : LEGACY_LEN;
}

static inline long register_mode(struct rseq *rs, bool v2, int flags)
{
	return sys_rseq(rs, mode_len(v2), flags, AREA_SIG);
}

static inline long unregister(struct rseq *rs, unsigned int len)
{
	return sys_rseq(rs, len, RSEQ_FLAG_UNREGISTER, AREA_SIG);
}

static inline unsigned int area_flags(struct rseq *rs)
{
	return READ_ONCE(rs->flags);
}

/* The control word */

static inline __u32 word(struct rseq *rs)
{
	return READ_ONCE(rs->slice_ctrl.all);
}

static inline void set_word(struct rseq *rs, __u32 val)
{
	WRITE_ONCE(rs->slice_ctrl.all, val);
}

static inline void set_request(struct rseq *rs, __u8 val)
{
	WRITE_ONCE(rs->slice_ctrl.request, val);
}

static inline __u32 word_of(__u8 request, __u8 granted, __u16 reserved)
{
	struct rseq_slice_ctrl ctrl;

	ctrl.request = request;
	ctrl.granted = granted;
	ctrl.__reserved = reserved;
	return ctrl.all;
}

#define REQUESTED	word_of(1, 0, 0)
#define GRANTED		word_of(0, 1, 0)

/* Time. Not to be asked within a grant: without a vDSO it is a system call. */

static inline long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

/* Watch the word without leaving user space, until it is not @val any more. */
static inline long spin_while(struct rseq *rs, __u32 val, long loops)
{
	long i;

	for (i = 0; i < loops && word(rs) == val; i++) {
		/* Even what is known to be nobody else's is to be looked at. */
		asm volatile("" : : "r"(rs) : "memory");
	}
	return i;
}

/* The number of loops of spin_while() in @nsec */
static inline long loops_in(long long nsec)
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

static inline void spin(long long nsec)
{
	struct rseq dummy = { };

	spin_while(&dummy, 0, loops_in(nsec));
}

/* Request until granted; false when that takes too long. */
static inline bool request_grant(struct rseq *rs, __u32 request, __u32 granted)
{
	long long start = now();
	long loops = loops_in(2 * NSEC_PER_MSEC);

	do {
		set_word(rs, request);
		spin_while(rs, request, loops);
		/* Not pending over a system call: see request_outlives_syscall */
		set_request(rs, 0);
		if (word(rs) == granted)
			return true;
	} while (now() - start < PATIENCE);
	return false;
}

static inline bool obtain_grant(struct rseq *rs)
{
	return request_grant(rs, REQUESTED, GRANTED);
}

/* CPUs and contention */

static inline bool pin_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

/* The last CPU that may be used: CPU 0 is the busiest. */
static inline int last_cpu(void)
{
	cpu_set_t set;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set))
		return -1;
	while (cpu >= 0 && !CPU_ISSET(cpu, &set))
		cpu--;
	return cpu;
}

struct contender {
	pthread_t	thread;
	long		sleep_nsec;	/* 0: never sleeps */
	bool		stop;
};

static inline void *contend(void *arg)
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

/* Who is SCHED_IDLE is preempted by whoever wakes up on its CPU. */
static inline void invite_preemption(void)
{
	struct sched_param param = { };

	sched_setscheduler(0, SCHED_IDLE, &param);
}

/*
 * The contender inherits the CPU of the caller, which has to be pinned. One
 * that sleeps preempts at each wake-up, one that does not takes its share.
 */
static inline bool contender_start(struct contender *c, long sleep_nsec)
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

static inline void contender_stop(struct contender *c)
{
	WRITE_ONCE(c->stop, true);
	pthread_join(c->thread, NULL);
}

static inline long preemptions(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_nivcsw;
}

static inline long context_switches(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_nvcsw + ru.ru_nivcsw;
}

/* Be preempted in user space, for sure: most of the time is spent there. */
static inline bool get_preempted(void)
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

/* Signals and exec */

static inline bool catch_signal(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	return !sigaction(sig, &act, NULL);
}

/* An exec that fails after the kernel has begun to look for a way to do it */
static inline int failed_exec(void)
{
	static const char junk[] = "not a program\n";
	static const char * const argv[] = { "junk", NULL };
	int fd = syscall(__NR_memfd_create, "junk", 0), err;

	if (write(fd, junk, sizeof(junk)) != sizeof(junk))
		return -1;
	err = error_of(syscall(__NR_execveat, fd, "", argv, NULL, AT_EMPTY_PATH));
	close(fd);
	return err;
}

/* Children */

/* The number of the first expectation that does not hold, for an exit status */
#define FAIL_UNLESS(nr, cond) do { if (!(cond)) _exit(nr); } while (0)

/* Run @fn in a child; returns what wait(2) says, a silent child gets SIGALRM */
static inline int in_child(void (*fn)(void *arg), void *arg)
{
	int status = -1;
	pid_t pid;

	pid = fork();
	if (!pid) {
		struct rlimit no_core = { };

		setrlimit(RLIMIT_CORE, &no_core);
		alarm(15);
		fn(arg);
		_exit(0);
	}
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	return status;
}

#define EXPECT_KILLED(status, signal) do {				\
	int __status = (status);					\
	EXPECT_TRUE(WIFSIGNALED(__status))				\
		TH_LOG("not killed, status 0x%x", __status);		\
	if (WIFSIGNALED(__status))					\
		EXPECT_EQ(signal, WTERMSIG(__status));			\
} while (0)

#define EXPECT_EXITED(status, code) do {				\
	int __status = (status);					\
	EXPECT_TRUE(WIFEXITED(__status))				\
		TH_LOG("killed, status 0x%x", __status);		\
	if (WIFEXITED(__status))					\
		EXPECT_EQ(code, WEXITSTATUS(__status));			\
} while (0)

/* The kernel at hand */

static inline bool slices_enabled(void)
{
	return slice_get() == PR_RSEQ_SLICE_EXT_ENABLE;
}

enum slice_support { SLICE_ABSENT, SLICE_OFF, SLICE_ON };

static inline bool turned_off(const char *val)
{
	return (*val && strchr("nNfF0", *val)) ||
	       ((*val == 'o' || *val == 'O') && (val[1] == 'f' || val[1] == 'F'));
}

/* Whether an rseq_slice_ext= says no. None says yes again, as the kernel sees it. */
static inline bool slice_off_by_cmdline(void)
{
	static const char param[] = "rseq_slice_ext=";
	char line[4096] = "", *tok, *save;
	bool off = false;
	FILE *f;

	f = fopen("/proc/cmdline", "r");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	for (tok = strtok_r(line, "\n ", &save); tok; tok = strtok_r(NULL, "\n ", &save)) {
		if (!strncmp(tok, param, strlen(param)))
			off |= turned_off(tok + strlen(param));
	}
	return off;
}

static inline enum slice_support slice_support(void)
{
	if (slice_get() < 0)
		return SLICE_ABSENT;
	return slice_off_by_cmdline() ? SLICE_OFF : SLICE_ON;
}

/*
 * One registration for each thread, and these tests want it: run again with
 * the C library's own switched off.
 */
static inline void without_libc_rseq(char **argv)
{
	static const char tunable[] = "glibc.pthread.rseq=0";
	const char *old = getenv("GLIBC_TUNABLES");
	char val[1024];

	if (old && strstr(old, tunable))
		return;
	snprintf(val, sizeof(val), "%s%s%s", old ?: "", old ? ":" : "", tunable);
	setenv("GLIBC_TUNABLES", val, 1);
	execv("/proc/self/exe", argv);
	ksft_exit_fail_msg("cannot run again without the libc's rseq: %s\n",
			   strerror(errno));
}

static inline void need_slices(void)
{
	switch (slice_support()) {
	case SLICE_ABSENT:
		ksft_exit_skip("kernel without time slice extensions\n");
	case SLICE_OFF:
		ksft_exit_skip("time slice extensions are off on the command line\n");
	case SLICE_ON:
		break;
	}
}

#endif /* RSEQ_ABI_H */
