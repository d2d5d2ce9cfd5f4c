// SPDX-License-Identifier: GPL-2.0

#include <unistd.h>
#include <sys/syscall.h>

#include <linux/types.h>

#include "handler.h"

void handler(int sig, siginfo_t *info, void *context)
{
	struct caught *c = &shm->caught[shm->nr_caught % MAX_CAUGHT];
	ucontext_t *uc = context;

	(void)sig;
	c->info = *info;
	c->pc = UC_PC(uc);
	c->arg0 = UC_ARG0(uc);
	if (shm->answers)
		UC_ARG0(uc) = shm->answer;
	shm->nr_caught++;
}

void handle_by(int sig, void *func, unsigned long flags)
{
	struct {
		void		*handler;
		unsigned long	flags;
		void		*restorer;
		__u64		mask;
	} sa = { .handler = func, .flags = flags };

	syscall(__NR_rt_sigaction, sig, &sa, NULL, 8);
}

void handle(int sig, unsigned long flags)
{
	handle_by(sig, handler, SA_SIGINFO | flags);
}

void handle_usr1(void)
{
	handle(SIGUSR1, 0);
}

void handle_usr1_restart(void)
{
	handle(SIGUSR1, SA_RESTART);
}
