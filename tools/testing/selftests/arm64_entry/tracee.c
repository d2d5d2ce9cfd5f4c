// SPDX-License-Identifier: GPL-2.0

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/ptrace.h>

#include "tracee.h"

struct shared *shm;
const struct stub *stub;
pid_t tracee;
void (*prepare)(void);

unsigned long after_svc(void)
{
	return (unsigned long)stub->svc + stub->len;
}

struct call *add_call(long nr, int nr_args, const long *args)
{
	struct call *c = &shm->call[shm->nr_calls++];

	for (int i = 0; i < NR_REGS; i++)
		c->in[i] = i < nr_args ? args[i] : PATTERN(i);
	c->in[NR] = nr;
	return c;
}

struct call *add_exec(void)
{
	static const char *const argv[] = { "entry", "--exit", NULL };

	return ADD_CALL(__NR_execve, (long)"/proc/self/exe", (long)argv, 0);
}

bool is_new_program(int argc, char **argv)
{
	return argc == 2 && !strcmp(argv[1], "--exit");
}

long sys_ptrace(long req, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(__NR_ptrace, req, pid, addr, data);
}

static void run_calls(void)
{
	for (int i = 0; i < shm->nr_calls; i++) {
		struct call *c = &shm->call[i];

		shm->selector = SYSCALL_DISPATCH_FILTER_BLOCK;
		(c->stub ?: stub)->call(c);
		shm->selector = SYSCALL_DISPATCH_FILTER_ALLOW;
		if (c->in[NR] == __NR_clone && !c->out[ARG0])
			memcpy(shm->child_out, c->out, sizeof(c->out));
	}
}

void launch(bool traced)
{
	tracee = fork();
	if (tracee)
		return;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (prepare)
		prepare();
	if (traced) {
		pid_t self = getpid();

		/* The next call after this one is that of the first stub. */
		sys_ptrace(PTRACE_TRACEME, 0, 0, 0);
		syscall(__NR_kill, self, SIGSTOP);
	}
	run_calls();
	_exit(0);
}

int wait_stop_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL | WUNTRACED) != pid)
		return -errno;
	if (WIFEXITED(status))
		return EXITED(WEXITSTATUS(status));
	if (WIFSIGNALED(status))
		return KILLED(WTERMSIG(status));
	return status >> 8;
}

int wait_stop(void)
{
	return wait_stop_of(tracee);
}

int run(void)
{
	launch(false);
	return wait_stop();
}

void nap(void)
{
	const __s64 ts[2] = { 0, 1000000 };

	syscall(NR_SLEEP, CLOCK_MONOTONIC, 0, ts, NULL);
}

bool wait_asleep(void)
{
	char path[32], line[256];

	snprintf(path, sizeof(path), "/proc/%d/stat", tracee);
	for (int i = 0; i < 10000; i++) {
		int fd = open(path, O_RDONLY);
		ssize_t len = read(fd, line, sizeof(line) - 1);
		char *state;

		close(fd);
		line[len > 0 ? len : 0] = '\0';
		state = strrchr(line, ')');
		if (state && state[1] && state[2] == 'S')
			return true;
		nap();
	}
	return false;
}
