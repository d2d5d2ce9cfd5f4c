// SPDX-License-Identifier: GPL-2.0
/*
 * Every grant ends exactly once: sgrant = syield + sabort + srevok as soon as
 * all is quiet, whatever happened before.
 *
 * The C implementation leaves two holes, which the threads below avoid:
 *
 * 1) A task with a grant whose IDs change right at the entry of a system call.
 *    The syscall work takes sched_switch as a sign that the grant is over, but
 *    in the kernel nobody has counted it as revoked:
 *
 *	task			CPU
 *	granted
 *	syscall entry
 *	irqs on
 *				interrupt, preempts the task
 *				migrates it, or changes its mm_cid
 *	preempt off
 *	sched_switch set:
 *	neither syield nor sabort
 *	granted = false
 *
 *    The threads are pinned, hence do not migrate, and are all there before
 *    the first of them begins and after the last of them is done, hence the
 *    assignment of CIDs is stable.
 *
 * 2) A task that is killed within a grant takes it along. Nobody is killed;
 *    who exits by itself has ended its grant by entering the exit call.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define PER_CPU		4
#define MAX_THREADS	32
#define HAMMER_NSEC	(2 * NSEC_PER_SEC)

struct hammer {
	pthread_t	thread;
	pid_t		tid;
	int		cpu;
	unsigned int	seed;
	unsigned long	yielded;
	bool		failed;
};

static struct hammer hammers[MAX_THREADS];
static unsigned int nr_hammers;
static pthread_barrier_t barrier;
static bool stop;

static __thread struct rseq *area;

/* Signals arrive anywhere in the dance below, even within a grant. */
static void handle(int sig)
{
	(void)sig;
	if (area && word(area) == GRANTED)
		syscall(__NR_getppid);
}

static void send_signal(struct hammer *h)
{
	struct hammer *to = &hammers[rand_r(&h->seed) % nr_hammers];

	syscall(__NR_tgkill, getpid(), to->tid, SIGUSR1);
}

static void fork_child(struct hammer *h)
{
	int status;
	pid_t pid;

	pid = syscall(__NR_clone, SIGCHLD, 0, 0, 0, 0);
	if (!pid) {
		for (int i = 0; i < 10; i++) {
			set_word(area, REQUESTED);
			spin_while(area, REQUESTED, 2000);
		}
		syscall(__NR_exit_group, slice_get() != PR_RSEQ_SLICE_EXT_ENABLE);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		h->failed = true;
}

/* One request, ended in one of many ways */
static void strike(struct hammer *h)
{
	unsigned int dice = rand_r(&h->seed);

	set_word(area, REQUESTED);
	spin_while(area, REQUESTED, dice % 8192);

	switch (dice >> 13 & 15) {
	case 0 ... 5:
		set_request(area, 0);
		h->yielded += slice_yield();
		break;
	case 6 ... 8:
		syscall(__NR_getppid);
		break;
	case 9 ... 11:
		spin_while(area, GRANTED, 100000);
		break;
	case 12:
		send_signal(h);
		break;
	case 13:
		/* The wake-up preempts somebody, who may be granted a slice. */
		usleep(dice >> 17 & 127);
		break;
	case 14:
		/* Switched off, it cannot be granted, but may have been before. */
		slice_set(0);
		slice_set(PR_RSEQ_SLICE_EXT_ENABLE);
		break;
	case 15:
		if (!(dice >> 17 & 1023))
			fork_child(h);
		break;
	}
}

static void *hammer(void *arg)
{
	struct hammer *h = arg;
	struct rseq *rs = area_alloc();

	h->tid = syscall(__NR_gettid);
	h->failed = !rs || !pin_to(h->cpu) || register_v2(rs, FLAG_DEFAULT_ON);
	area = rs;
	pthread_barrier_wait(&barrier);
	while (!READ_ONCE(stop) && !h->failed)
		strike(h);
	pthread_barrier_wait(&barrier);
	if (unregister(rs, v2_len()))
		h->failed = true;
	return NULL;
}

FIXTURE(counters)
{
	struct stats st;
};

FIXTURE_VARIANT(counters)
{
	const char *nsec;
	bool every_end;		/* a grant lasts long enough for each of its ends */
};

FIXTURE_VARIANT_ADD(counters, shortest) { .nsec = "5000" };
FIXTURE_VARIANT_ADD(counters, longest) { .nsec = "50000", .every_end = true };

FIXTURE_SETUP(counters)
{
	int last = last_cpu();

	signal(SIGUSR1, handle);
	write_string(NSEC_FILE, variant->nsec);
	for (int cpu = last; cpu >= 0; cpu--) {
		for (int i = 0; i < PER_CPU && nr_hammers < MAX_THREADS; i++) {
			hammers[nr_hammers].cpu = cpu;
			hammers[nr_hammers].seed = nr_hammers;
			nr_hammers++;
		}
	}
	pthread_barrier_init(&barrier, NULL, nr_hammers + 1);
	ASSERT_TRUE(read_stats(&self->st));
	for (unsigned int i = 0; i < nr_hammers; i++)
		ASSERT_EQ(0, pthread_create(&hammers[i].thread, NULL, hammer, &hammers[i]));
}

FIXTURE_TEARDOWN(counters)
{
}

static bool every_end_seen(struct stats since)
{
	return stats_since(&since) && since.v[STAT_SREVOK] && since.v[STAT_SYIELD] &&
	       since.v[STAT_SABORT] && since.v[STAT_SEXPIR];
}

TEST_F(counters, balance)
{
	unsigned long yielded = 0, *v = self->st.v;
	struct stats before = self->st;
	long long start;
	bool seen;

	pthread_barrier_wait(&barrier);
	start = now();
	do {
		usleep(100000);
		seen = every_end_seen(before) || !variant->every_end;
	} while (now() - start < (seen ? HAMMER_NSEC : PATIENCE));
	WRITE_ONCE(stop, true);
	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < nr_hammers; i++) {
		pthread_join(hammers[i].thread, NULL);
		yielded += hammers[i].yielded;
		EXPECT_FALSE(hammers[i].failed)
			TH_LOG("thread %u", i);
	}

	ASSERT_TRUE(stats_since(&self->st));
	TH_LOG("sgrant %lu = srevok %lu + syield %lu + sabort %lu, sexpir %lu",
	       v[STAT_SGRANT], v[STAT_SREVOK], v[STAT_SYIELD], v[STAT_SABORT], v[STAT_SEXPIR]);
	EXPECT_EQ(v[STAT_SGRANT], grants_ended(&self->st));
	EXPECT_EQ(yielded, v[STAT_SYIELD]);
	EXPECT_GT(v[STAT_SGRANT], 0);
	EXPECT_TRUE(seen);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	if (!debugfs_claim() || access(STATS_FILE, R_OK))
		ksft_exit_skip("needs root, debugfs and CONFIG_RSEQ_STATS\n");
	/*
	 * Debug mode kills who enters a system call with a request if that is
	 * the first one since a grant was revoked. The hammers do that.
	 */
	write_string(DEBUG_FILE, "0");
	return test_harness_run(argc, argv);
}
