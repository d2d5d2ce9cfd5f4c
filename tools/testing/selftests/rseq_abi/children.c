// SPDX-License-Identifier: GPL-2.0

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "children.h"
#include "syscalls.h"

int in_child(void (*fn)(void *arg), void *arg)
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

bool catch_signal(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	return !sigaction(sig, &act, NULL);
}

int failed_exec(void)
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
