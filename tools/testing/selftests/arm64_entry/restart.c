// SPDX-License-Identifier: GPL-2.0
/* Calls that a signal interrupts, restarted or not */

#include <time.h>

#include "fixture.h"
#include "handler.h"

TEST_F(entry, read_interrupted)
{
	int fds[2];
	char byte;
	struct call *c;

	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_read, fds[0], (long)&byte, 1);
	prepare = handle_usr1;
	launch(false);
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGUSR1);
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ(1, shm->nr_caught);
	EXPECT_EQ(after_svc(), shm->caught->pc);
	EXPECT_EQ(-EINTR, shm->caught->arg0);
	EXPECT_EQ(-EINTR, c->out[ARG0]);
}

TEST_F(entry, read_restarted)
{
	int fds[2];
	char byte;
	struct call *c;

	ASSERT_EQ(0, pipe(fds));
	c = ADD_CALL(__NR_read, fds[0], (long)&byte, 1);
	prepare = handle_usr1_restart;
	launch(false);
	for (int i = 1; i <= 3; i++) {
		ASSERT_TRUE(wait_asleep());
		kill(tracee, SIGUSR1);
		while (__atomic_load_n(&shm->nr_caught, __ATOMIC_RELAXED) < i)
			nap();
	}
	ASSERT_TRUE(wait_asleep());
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ((unsigned long)stub->svc, shm->caught->pc);
	EXPECT_EQ(fds[0], shm->caught->arg0);
	EXPECT_EQ(1, c->out[ARG0]);
	for (int i = ARG1; i < NR_REGS; i++)
		EXPECT_EQ(c->in[i], c->out[i]);
}

/* With a handler, whatever its flags, these do not wait for anything else. */
TEST_F(entry, suspend_interrupted)
{
	__u64 mask = 0;
	struct call *c = ADD_CALL(__NR_rt_sigsuspend, (long)&mask, 8);

	for (int restart = 0; restart < 2; restart++) {
		prepare = restart ? handle_usr1_restart : handle_usr1;
		launch(false);
		ASSERT_TRUE(wait_asleep());
		kill(tracee, SIGSTOP);
		ASSERT_EQ(SIGSTOP, wait_stop());
		kill(tracee, SIGCONT);
		ASSERT_TRUE(wait_asleep());
		kill(tracee, SIGUSR1);
		ASSERT_EQ(EXITED(0), wait_stop());
		EXPECT_EQ(restart + 1, shm->nr_caught);
		EXPECT_EQ(-EINTR, c->out[ARG0]);
	}
}

static __s64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The sleep goes on by another number, which the tracee finds in its register. */
TEST_F(entry, sleep_restarted)
{
	const __s64 nsec = 300000000, ts[2] = { 0, nsec };
	struct call *c = ADD_CALL(NR_SLEEP, CLOCK_MONOTONIC, 0, (long)ts, 0);
	__s64 start = now();

	launch(false);
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGSTOP);
	ASSERT_EQ(SIGSTOP, wait_stop());
	kill(tracee, SIGCONT);
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ(0, c->out[ARG0]);
	EXPECT_EQ(__NR_restart_syscall, c->out[NR]);
	for (int i = ARG1; i <= ARG6; i++)
		EXPECT_EQ(c->in[i], c->out[i]);
	EXPECT_GE(now() - start, nsec);
}

TEST_F(entry, sleep_interrupted)
{
	const __s64 ts[2] = { 100, 0 };
	struct call *c = ADD_CALL(NR_SLEEP, CLOCK_MONOTONIC, 0, (long)ts, 0);

	prepare = handle_usr1_restart;
	launch(false);
	ASSERT_TRUE(wait_asleep());
	kill(tracee, SIGUSR1);
	ASSERT_EQ(EXITED(0), wait_stop());
	EXPECT_EQ(-EINTR, c->out[ARG0]);
	EXPECT_EQ(NR_SLEEP, c->out[NR]);
}

TEST_HARNESS_MAIN
