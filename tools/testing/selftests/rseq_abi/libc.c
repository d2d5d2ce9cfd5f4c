// SPDX-License-Identifier: GPL-2.0
/*
 * The registration that the C library made before anybody asked: which one it
 * is, and that threads have it from their first to their last instruction.
 *
 * The other programs of this directory switch it off. This one is to be run
 * with more than one library: bind another one over the files of the first.
 */

#include <dlfcn.h>
#include <stddef.h>

#include <linux/ptrace.h>

#include "rseq_abi.h"

#define NR_THREADS	64
#define NR_ROUNDS	3
#define NR_MOVES	10
#define NR_SIGNALS	(2 * NR_THREADS)
#define STACK_SIZE	(256 << 10)
#define LEAVE		"--leave"

/* What the library registers, in each thread; a size of 0 stands for nothing */
static __u32 registered_size, registered_sig;
static cpu_set_t usable;
static long nr_cpus;

/* What the library tells of it. Not every one that this may run with does. */
static const ptrdiff_t *told_offset;
static const unsigned int *told_size, *told_flags;

static void listen_to_libc(void)
{
	told_offset = dlsym(RTLD_DEFAULT, "__rseq_offset");
	told_size = dlsym(RTLD_DEFAULT, "__rseq_size");
	told_flags = dlsym(RTLD_DEFAULT, "__rseq_flags");
}

/* The area of the calling thread, NULL if the library does not tell */
static struct rseq *libc_area(void)
{
	if (!told_offset || !told_size || !*told_size)
		return NULL;
	return (void *)((char *)__builtin_thread_pointer() + *told_offset);
}

static bool possible(__u32 cpu)
{
	return cpu < nr_cpus;
}

static int some_usable_cpu(unsigned int *seed)
{
	int cpu;

	do {
		cpu = rand_r(seed) % CPU_SETSIZE;
	} while (!CPU_ISSET(cpu, &usable));
	return cpu;
}

/* What the kernel knows of a thread of a child */
static bool ask_kernel(pid_t tid, struct ptrace_rseq_configuration *conf)
{
	long size = -1;

	if (syscall(__NR_ptrace, PTRACE_SEIZE, tid, 0, 0))
		return false;
	if (!syscall(__NR_ptrace, PTRACE_INTERRUPT, tid, 0, 0) &&
	    waitpid(tid, NULL, __WALL) == tid)
		size = syscall(__NR_ptrace, PTRACE_GET_RSEQ_CONFIGURATION, tid,
			       sizeof(*conf), conf);
	syscall(__NR_ptrace, PTRACE_DETACH, tid, 0, 0);
	return size == sizeof(*conf);
}

/*
 * What is wrong with the registration of the calling thread, if anything. The
 * kernel is busy only with a registration that is the same in all respects.
 */
static const char *registration_wrong(void)
{
	struct rseq *rs = libc_area(), spare;

	if (!registered_size) {
		if (register_legacy(&spare, 0))
			return "registered, against the habit of this library";
		return unregister(&spare, LEGACY_LEN) ? "cannot unregister" : NULL;
	}
	if (!rs)
		return NULL;
	if (!possible(READ_ONCE(rs->cpu_id)))
		return "no CPU in the area";
	if (error_of(sys_rseq(rs, registered_size, 0, registered_sig)) != EBUSY)
		return "not registered as the first thread is";
	return NULL;
}

static const char *cpu_wrong(int cpu)
{
	struct rseq *rs = libc_area();

	if (sched_getcpu() != cpu)
		return "sched_getcpu() tells another CPU";
	if (rs && READ_ONCE(rs->cpu_id) != cpu)
		return "another CPU in cpu_id";
	if (rs && READ_ONCE(rs->cpu_id_start) != cpu)
		return "another CPU in cpu_id_start";
	return NULL;
}

/* Many threads at once */

#define UNTIL_STOPPED	(-1)

struct crowd {
	pthread_t	threads[NR_THREADS];
	pthread_mutex_t	lock;
	const char	*wrong;
	int		cpu;		/* where each thread starts */
	long		moves;		/* of each thread */
	long		all_moves;
	int		alive;
	bool		stop;
};

static pthread_key_t own_crowd;

static void note(struct crowd *crowd, const char *wrong)
{
	if (wrong)
		WRITE_ONCE(crowd->wrong, wrong);
}

/* The destructor of own_crowd: the last that a thread runs of its own code */
static void last_words(void *arg)
{
	struct crowd *crowd = arg;

	note(crowd, registration_wrong());
	__atomic_sub_fetch(&crowd->alive, 1, __ATOMIC_RELEASE);
}

static long nr_signals;
static bool bad_signal;

static void handle(int sig)
{
	struct rseq *rs = libc_area();

	(void)sig;
	if (rs && !possible(READ_ONCE(rs->cpu_id)))
		WRITE_ONCE(bad_signal, true);
	__atomic_add_fetch(&nr_signals, 1, __ATOMIC_RELAXED);
}

static const char *move(struct crowd *crowd, unsigned int *seed)
{
	int cpu = some_usable_cpu(seed);

	if (!pin_to(cpu))
		return "cannot be pinned";
	pthread_mutex_lock(&crowd->lock);
	crowd->all_moves++;
	/* Now and then long enough for all the others to queue up behind this one */
	if (rand_r(seed) % 4 == 0)
		usleep(rand_r(seed) % 500);
	pthread_mutex_unlock(&crowd->lock);
	return cpu_wrong(cpu);
}

static void *live(void *arg)
{
	/* First of all: nothing can have repaired it yet. */
	const char *wrong = registration_wrong();
	struct crowd *crowd = arg;
	unsigned int seed = syscall(__NR_gettid);
	long moves = 0;

	note(crowd, wrong ?: cpu_wrong(crowd->cpu));
	pthread_setspecific(own_crowd, crowd);
	while (moves++ != crowd->moves && !READ_ONCE(crowd->stop))
		note(crowd, move(crowd, &seed));
	if (seed & 1)
		pthread_exit(NULL);
	return NULL;
}

/*
 * Some libraries place stacks side by side, as one mapping. With stacks of the
 * usual size that is more memory than a small machine allows fork(2) to copy.
 */
static bool small_stack(pthread_attr_t *attr)
{
	return !pthread_attr_init(attr) && !pthread_attr_setstacksize(attr, STACK_SIZE);
}

/* All threads start on one CPU: they inherit it from who creates them. */
static bool crowd_start(struct crowd *crowd, long moves)
{
	unsigned int seed = now();
	pthread_attr_t attr;

	memset(crowd, 0, sizeof(*crowd));
	pthread_mutex_init(&crowd->lock, NULL);
	crowd->moves = moves;
	crowd->alive = NR_THREADS;
	crowd->cpu = some_usable_cpu(&seed);
	if (!pin_to(crowd->cpu) || !small_stack(&attr))
		return false;
	for (int i = 0; i < NR_THREADS; i++) {
		if (pthread_create(&crowd->threads[i], &attr, live, crowd))
			return false;
	}
	return !sched_setaffinity(0, sizeof(usable), &usable);
}

static void crowd_join(struct crowd *crowd)
{
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(crowd->threads[i], NULL);
}

static void crowd_wait_until_busy(struct crowd *crowd)
{
	while (READ_ONCE(crowd->all_moves) < NR_THREADS && !READ_ONCE(crowd->wrong))
		usleep(1000);
}

static struct crowd crowd;

static void expect_all_right(struct __test_metadata *_metadata)
{
	EXPECT_EQ(NULL, crowd.wrong)
		TH_LOG("a thread: %s", crowd.wrong);
}

TEST(threads)
{
	for (int i = 0; i < NR_ROUNDS; i++) {
		ASSERT_TRUE(crowd_start(&crowd, NR_MOVES));
		crowd_join(&crowd);
		expect_all_right(_metadata);
		EXPECT_EQ(0, crowd.alive);
		EXPECT_EQ(NR_THREADS * NR_MOVES, crowd.all_moves);
	}
}

TEST(signals)
{
	long sent = 0;

	ASSERT_TRUE(crowd_start(&crowd, UNTIL_STOPPED));
	while (READ_ONCE(nr_signals) < NR_SIGNALS) {
		ASSERT_EQ(0, pthread_kill(crowd.threads[sent++ % NR_THREADS], SIGUSR1));
		usleep(100);
	}
	WRITE_ONCE(crowd.stop, true);
	crowd_join(&crowd);
	expect_all_right(_metadata);
	EXPECT_FALSE(bad_signal);
}

static void forked(void *arg)
{
	static struct crowd own;

	(void)arg;
	FAIL_UNLESS(1, !registration_wrong());
	FAIL_UNLESS(2, crowd_start(&own, 1));
	crowd_join(&own);
	FAIL_UNLESS(3, !own.wrong);
}

TEST(fork_among_threads)
{
	ASSERT_TRUE(crowd_start(&crowd, UNTIL_STOPPED));
	crowd_wait_until_busy(&crowd);
	EXPECT_EXITED(in_child(forked, NULL), 0);
	WRITE_ONCE(crowd.stop, true);
	crowd_join(&crowd);
	expect_all_right(_metadata);
}

/* What a thread of a child has to say, and what the kernel says of it */
struct witness {
	pid_t		tid;
	struct rseq	*area;
};

static void *testify(void *arg)
{
	struct witness *witness = arg;

	witness->area = libc_area();
	__atomic_store_n(&witness->tid, syscall(__NR_gettid), __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

static void testify_twice(void *arg)
{
	struct witness *witnesses = arg;
	pthread_t thread;

	pthread_create(&thread, NULL, testify, &witnesses[1]);
	testify(&witnesses[0]);
}

TEST(seen_by_ptrace)
{
	struct witness *witnesses = mmap(NULL, page_size(), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	ASSERT_NE(MAP_FAILED, witnesses);
	pid = fork();
	if (!pid)
		testify_twice(witnesses);
	for (int i = 0; i < 2; i++) {
		struct ptrace_rseq_configuration conf;
		struct rseq *area;

		while (!__atomic_load_n(&witnesses[i].tid, __ATOMIC_ACQUIRE))
			usleep(1000);
		area = witnesses[i].area;
		ASSERT_TRUE(ask_kernel(witnesses[i].tid, &conf));
		EXPECT_EQ(registered_size, conf.rseq_abi_size);
		EXPECT_EQ(registered_sig, conf.signature);
		EXPECT_EQ(0, conf.flags);
		if (area) {
			EXPECT_EQ((uintptr_t)area, conf.rseq_abi_pointer);
			EXPECT_LE(*told_size, conf.rseq_abi_size);
			EXPECT_EQ(0, *told_flags);
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Ways to leave with many threads running, each in a program of its own */

#define LEFT	42

static void check_at_exit(void)
{
	FAIL_UNLESS(1, !registration_wrong());
	FAIL_UNLESS(2, !READ_ONCE(crowd.wrong));
}

static void *exit_among_threads(void *arg)
{
	(void)arg;
	exit(LEFT);
}

static void *exit_group_among_threads(void *arg)
{
	(void)arg;
	check_at_exit();
	syscall(__NR_exit_group, LEFT);
	return NULL;
}

static void leave_to(void *(*fn)(void *arg))
{
	pthread_t thread;

	FAIL_UNLESS(3, !pthread_create(&thread, NULL, fn, NULL));
	pthread_join(thread, NULL);
	_exit(4);
}

/* The last of the threads exits, with 0, and calls check_at_exit(). */
static void leave_to_the_last(void)
{
	WRITE_ONCE(crowd.stop, true);
	pthread_exit(NULL);
}

static int leave(const char *how)
{
	FAIL_UNLESS(5, !registration_wrong());
	FAIL_UNLESS(6, !atexit(check_at_exit));
	FAIL_UNLESS(7, crowd_start(&crowd, UNTIL_STOPPED));
	crowd_wait_until_busy(&crowd);
	if (!strcmp(how, "pthread_exit"))
		leave_to_the_last();
	if (!strcmp(how, "exit"))
		leave_to(exit_among_threads);
	if (!strcmp(how, "exit_group"))
		leave_to(exit_group_among_threads);
	return LEFT;
}

FIXTURE(leave) { };

FIXTURE_VARIANT(leave)
{
	const char *how;
	int status;
};

FIXTURE_VARIANT_ADD(leave, return_from_main) { "return", LEFT };
FIXTURE_VARIANT_ADD(leave, pthread_exit) { "pthread_exit", 0 };
FIXTURE_VARIANT_ADD(leave, exit) { "exit", LEFT };
FIXTURE_VARIANT_ADD(leave, exit_group) { "exit_group", LEFT };

FIXTURE_SETUP(leave)
{
}

FIXTURE_TEARDOWN(leave)
{
}

static void *exec(void *how)
{
	char size[16], sig[16];

	snprintf(size, sizeof(size), "%u", registered_size);
	snprintf(sig, sizeof(sig), "%u", registered_sig);
	execl("/proc/self/exe", "libc", LEAVE, how, size, sig, NULL);
	return NULL;
}

/* The caller of execve(2) is neither alone nor the first thread. */
static void exec_among_threads(void *how)
{
	pthread_t thread;

	FAIL_UNLESS(8, crowd_start(&crowd, UNTIL_STOPPED));
	crowd_wait_until_busy(&crowd);
	FAIL_UNLESS(9, !READ_ONCE(crowd.wrong));
	FAIL_UNLESS(10, !pthread_create(&thread, NULL, exec, how));
	pthread_join(thread, NULL);
	_exit(11);
}

TEST_F(leave, after_exec)
{
	EXPECT_EXITED(in_child(exec_among_threads, (void *)variant->how), variant->status);
}

/* Ask on behalf of a child: it has inherited the registration. */
static void find_registration(void)
{
	struct ptrace_rseq_configuration conf;
	pid_t pid = fork();

	if (!pid) {
		for (;;)
			pause();
	}
	if (pid < 0 || !ask_kernel(pid, &conf))
		ksft_exit_fail_msg("cannot tell the registration: %s\n", strerror(errno));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	registered_size = conf.rseq_abi_size;
	registered_sig = conf.signature;
}

static void show_registration(void)
{
	char libc[64] = "not glibc";

	confstr(_CS_GNU_LIBC_VERSION, libc, sizeof(libc));
	ksft_print_msg("C library: %s\n", libc);
	if (!registered_size)
		ksft_print_msg("registration: none\n");
	else if (registered_size == LEGACY_LEN)
		ksft_print_msg("registration: %u bytes\n", registered_size);
	else
		ksft_print_msg("registration: %u bytes (AT_RSEQ_FEATURE_SIZE is %u)\n",
			       registered_size, feature_size());
	fflush(stdout);
}

int main(int argc, char **argv)
{
	listen_to_libc();
	signal(SIGUSR1, handle);
	nr_cpus = sysconf(_SC_NPROCESSORS_CONF);
	if (sched_getaffinity(0, sizeof(usable), &usable) ||
	    pthread_key_create(&own_crowd, last_words))
		ksft_exit_fail_msg("cannot start: %s\n", strerror(errno));
	if (argc == 5 && !strcmp(argv[1], LEAVE)) {
		registered_size = strtoul(argv[3], NULL, 0);
		registered_sig = strtoul(argv[4], NULL, 0);
		return leave(argv[2]);
	}
	find_registration();
	show_registration();
	return test_harness_run(argc, argv);
}
