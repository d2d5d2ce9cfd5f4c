/* SPDX-License-Identifier: GPL-2.0 */
/* Children that may die, and what else happens to a process */
#ifndef RSEQ_ABI_CHILDREN_H
#define RSEQ_ABI_CHILDREN_H

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>
#include <sys/wait.h>

/* The number of the first expectation that does not hold, for an exit status */
#define FAIL_UNLESS(nr, cond) do { if (!(cond)) _exit(nr); } while (0)

/* Run @fn in a child; returns what wait(2) says, a silent child gets SIGALRM */
int in_child(void (*fn)(void *arg), void *arg);

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

bool catch_signal(int sig, void (*handler)(int, siginfo_t *, void *), int flags);

/* An exec that fails after the kernel has begun to look for a way to do it */
int failed_exec(void);

#endif
