/* SPDX-License-Identifier: GPL-2.0 */
/* The tracee: a process that makes the calls it is told to */
#ifndef ARM64_ENTRY_TRACEE_H
#define ARM64_ENTRY_TRACEE_H

#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "kselftest.h"
#include "abi.h"
#include "stubs.h"

#define MAX_CALLS	8
#define MAX_CAUGHT	8

/* What a signal handler has seen */
struct caught {
	siginfo_t	info;
	unsigned long	pc;
	long		arg0;
};

/* Both the tracee and the test see this. */
struct shared {
	struct call	call[MAX_CALLS];
	int		nr_calls;
	long		child_out[NR_REGS];	/* of the child of the last clone() */
	struct caught	caught[MAX_CAUGHT];
	int		nr_caught;
	bool		answers;		/* The handler sets ARG0 to @answer. */
	long		answer;
	char		selector;		/* of system call user dispatch */
};

extern struct shared *shm;
extern const struct stub *stub;
extern pid_t tracee;
extern void (*prepare)(void);		/* The tracee runs this first. */

/* The address behind the svc */
unsigned long after_svc(void);

/* What a register holds that is not told otherwise */
#define PATTERN(reg)	(0xa000 + (reg))

struct call *add_call(long nr, int nr_args, const long *args);

#define ADD_CALL(nr, ...) ({						\
	const long args_[] = { __VA_ARGS__ };				\
									\
	add_call(nr, ARRAY_SIZE(args_), args_);				\
})

/* Executes the test's program anew; main() then has to exit at once. */
struct call *add_exec(void);
bool is_new_program(int argc, char **argv);

long sys_ptrace(long req, pid_t pid, unsigned long addr, unsigned long data);

/* Start a tracee that makes all calls; a traced one stops in front of the first. */
void launch(bool traced);

/*
 * A stop is the signal, above it the PTRACE_EVENT: the status without its
 * lower byte. The end of a process is told from that by higher bits.
 */
#define STOP_SYSCALL	(SIGTRAP | 0x80)
#define STOP_EVENT(e)	(SIGTRAP | (e) << 8)
#define EXITED(code)	(0x100000 | (code))
#define KILLED(sig)	(0x200000 | (sig))

int wait_stop_of(pid_t pid);
int wait_stop(void);

/* Run all calls with nobody watching. */
int run(void);

/* A millisecond. 32-bit usleep() may end in a call that the kernel does not have. */
void nap(void);

/* Wait until the tracee sleeps in its call. */
bool wait_asleep(void);

#endif
