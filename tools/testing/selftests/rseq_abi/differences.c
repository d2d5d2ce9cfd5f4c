// SPDX-License-Identifier: GPL-2.0
/*
 * Where the Rust implementation answers differently, because the C one
 * contradicts the ABI. See Documentation/dev/differences.rst. Skipped where C
 * is in charge.
 */

#include <linux/membarrier.h>

#include <sys/time.h>
#include <sys/utsname.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define VICTIMS		200
#define MOVING_NSEC	(2 * NSEC_PER_SEC)
#define WAKING_NSEC	(1 * NSEC_PER_SEC)

static bool stop;

/* Whether the kernel has the entry point for grants from C into Rust */
static bool in_rust(void)
{
	bool found = false;
	char name[128];
	FILE *f;

	f = fopen("/proc/kallsyms", "r");
	if (!f)
		return false;
	while (!found && fscanf(f, "%*s %*s %127s%*[^\n]", name) == 1)
		found = !strcmp(name, "rseq_slice_grant");
	fclose(f);
	return found;
}

static bool realtime(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

/* Were there grants in @st, and has each of them ended? */
static bool balanced(const struct stats *st)
{
	return st->v[STAT_SGRANT] && st->v[STAT_SGRANT] == grants_ended(st);
}

/* Ask for grants and do nothing with them. */
static void hold_grants(struct rseq *rs)
{
	set_word(rs, REQUESTED);
	spin_while(rs, REQUESTED, 4096);
	spin_while(rs, GRANTED, 4096);
}

static void hold_grants_forever(void *arg)
{
	struct contender contender;
	struct rseq *rs = arg;

	if (!contender_start(&contender, 100000))
		_exit(1);
	for (;;)
		hold_grants(rs);
}

TEST(killed_with_a_grant)
{
	struct rseq *rs = area_alloc();
	struct stats st;

	if (access(STATS_FILE, R_OK))
		SKIP(return, "needs CONFIG_RSEQ_STATS");
	ASSERT_NE(NULL, rs);
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	loops_in(0);
	ASSERT_TRUE(read_stats(&st));
	for (int i = 0; i < VICTIMS; i++) {
		pid_t pid = fork();

		ASSERT_GE(pid, 0);
		if (!pid)
			hold_grants_forever(rs);
		usleep(2000 + i * 7);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
	ASSERT_TRUE(stats_since(&st));
	/* Only lazy reschedules can be delayed there. */
	if (!st.v[STAT_SGRANT] && realtime())
		SKIP(return, "PREEMPT_RT grants too rarely");
	EXPECT_TRUE(balanced(&st))
		TH_LOG("%lu granted, %lu ended", st.v[STAT_SGRANT], grants_ended(&st));
}

/* Ask for grants and give the CPU back. */
static void yield_grants(struct rseq *rs)
{
	set_word(rs, REQUESTED);
	spin_while(rs, REQUESTED, 4096);
	set_request(rs, 0);
	slice_yield();
}

struct worker {
	void (*step)(struct rseq *rs);
};

/* The body of a thread with slices that takes its step until stopped */
static void *work(void *arg)
{
	struct rseq *rs = area_alloc();
	struct worker *worker = arg;

	if (!rs || register_v2(rs, FLAG_DEFAULT_ON))
		return arg;
	while (!READ_ONCE(stop))
		worker->step(rs);
	return unregister(rs, v2_len()) ? arg : NULL;
}

/* The IDs may change between the entry of the system call and its work. */
TEST(moved_while_it_yields)
{
	struct worker yields = { yield_grants };
	struct contender contender[2];
	pthread_t yielder;
	struct stats st;
	long long start;
	cpu_set_t set;
	void *failed;

	if (last_cpu() == 0 || access(STATS_FILE, R_OK))
		SKIP(return, "needs two CPUs and CONFIG_RSEQ_STATS");
	for (int cpu = 0; cpu < 2; cpu++) {
		ASSERT_TRUE(pin_to(cpu));
		ASSERT_TRUE(contender_start(&contender[cpu], 100000));
	}
	ASSERT_TRUE(read_stats(&st));
	stop = false;
	ASSERT_EQ(0, pthread_create(&yielder, NULL, work, &yields));
	for (start = now(); now() - start < MOVING_NSEC; usleep(50)) {
		CPU_ZERO(&set);
		CPU_SET((now() >> 6) & 1, &set);
		pthread_setaffinity_np(yielder, sizeof(set), &set);
	}
	WRITE_ONCE(stop, true);
	pthread_join(yielder, &failed);
	EXPECT_EQ(NULL, failed);
	for (int cpu = 0; cpu < 2; cpu++)
		contender_stop(&contender[cpu]);
	ASSERT_TRUE(stats_since(&st));
	EXPECT_TRUE(balanced(&st))
		TH_LOG("%lu granted, %lu ended", st.v[STAT_SGRANT], grants_ended(&st));
}

/* From another CPU, and not as a realtime thread */
static void *membarrier_always(void *arg)
{
	struct sched_param fair = { };

	if (!pin_to(0) || sched_setscheduler(0, SCHED_OTHER, &fair))
		return arg;
	while (!READ_ONCE(stop))
		syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
	return NULL;
}

/* How often this realtime thread wakes up and gets the CPU from the holder */
static long wakeups(void)
{
	struct timespec ts = { .tv_nsec = NSEC_PER_MSEC };
	long long start = now();
	long count = 0;

	while (now() - start < WAKING_NSEC) {
		nanosleep(&ts, NULL);
		count++;
	}
	return count;
}

/* A grant that membarrier ends still has to give way to who waits for it. */
TEST(interrupted_by_membarrier)
{
	struct sched_param rt = { .sched_priority = 10 };
	struct worker holds = { hold_grants };
	pthread_t holder, sender;
	long alone, disturbed;
	void *failed;

	if (last_cpu() == 0)
		SKIP(return, "needs two CPUs");
	ASSERT_EQ(0, syscall(__NR_membarrier,
			     MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0));
	stop = false;
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, pthread_create(&holder, NULL, work, &holds));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &rt));
	alone = wakeups();

	ASSERT_EQ(0, pthread_create(&sender, NULL, membarrier_always, &rt));
	disturbed = wakeups();
	/* A busy host has the CPUs of a guest take turns. */
	for (int i = 0; i < 2 && disturbed <= alone / 4; i++)
		disturbed = wakeups();

	WRITE_ONCE(stop, true);
	pthread_join(holder, &failed);
	EXPECT_EQ(NULL, failed);
	pthread_join(sender, &failed);
	EXPECT_EQ(NULL, failed);
	TH_LOG("%ld wakeups alone, %ld with membarrier", alone, disturbed);
	EXPECT_GT(disturbed, alone / 4);
}

static void revoked_then_next_section(void *arg)
{
	struct rseq *rs = arg;

	for (int i = 0; i < 50; i++) {
		obtain_grant(rs);
		/* Expires; no system call in between */
		while (word(rs) == GRANTED)
			;
		set_request(rs, 1);
		syscall(__NR_getppid);
		set_request(rs, 0);
		slice_yield();
	}
}

TEST(debug_mode_tolerates_the_next_request)
{
	struct contender contender;
	struct rseq *rs = area_alloc();

	ASSERT_NE(NULL, rs);
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register_v2(rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(contender_start(&contender, 100000));
	ASSERT_EQ(0, write_string(DEBUG_FILE, "1"));
	EXPECT_EXITED(in_child(revoked_then_next_section, rs), 0);
	contender_stop(&contender);
}

/* Spin where a descriptor at 0 has a section, without having announced any. */
static void preempted_with_page_zero(void *arg)
{
	struct itimerval soon = { .it_value.tv_usec = 200000 };
	struct rseq_cs *zero;
	__u64 nowhere;
	void *page;

	(void)arg;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (page == MAP_FAILED)
		_exit(KSFT_SKIP);
	/* Hides from the compiler that this is a null pointer. */
	asm volatile("" : "=r" (zero) : "0" (page));
	*zero = spin_section();

	catch_signal(SIGVTALRM, leave_spin, 0);
	setitimer(ITIMER_VIRTUAL, &soon, NULL);
	_exit(section_spin(&nowhere, zero));
}

TEST(debug_mode_finds_no_section_at_zero)
{
	struct contender contender;
	struct rseq *rs = area_alloc();
	int status;

	ASSERT_NE(NULL, rs);
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, register_v2(rs, 0));
	ASSERT_TRUE(contender_start(&contender, 100000));
	ASSERT_EQ(0, write_string(DEBUG_FILE, "1"));
	status = in_child(preempted_with_page_zero, NULL);
	contender_stop(&contender);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KSFT_SKIP)
		SKIP(return, "cannot map address 0");
	EXPECT_EXITED(status, SECTION_LEFT);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	if (access(DEBUG_FILE, W_OK))
		ksft_exit_skip("needs root and debugfs\n");
	if (!in_rust())
		ksft_exit_skip("the C implementation is known to differ\n");
	return test_harness_run(argc, argv);
}
