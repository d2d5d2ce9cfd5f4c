// SPDX-License-Identifier: GPL-2.0

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/uio.h>

#include "tracer.h"

int go_with(int req, int sig)
{
	if (sys_ptrace(req, tracee, 0, sig))
		return -errno;
	return wait_stop();
}

int go(int req)
{
	return go_with(req, 0);
}

int go_times(int times, int req)
{
	int stop = go(req);

	while (--times && stop == STOP_SYSCALL)
		stop = go(req);
	return stop;
}

int trace(long options)
{
	int stop;

	launch(true);
	stop = wait_stop();
	if (stop != SIGSTOP)
		return stop;
	return sys_ptrace(PTRACE_SETOPTIONS, tracee, 0,
			  PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | options);
}

int trace_entry(long options)
{
	return trace(options) ? -1 : go(PTRACE_SYSCALL);
}

bool step_to(void *addr)
{
	for (int i = 0; i < 1000 && peek(PC) != (unsigned long)addr; i++) {
		if (go(PTRACE_SINGLESTEP) != SIGTRAP)
			return false;
	}
	return peek(PC) == (unsigned long)addr;
}

static long gregs(long req, unsigned long *regs)
{
	struct iovec iov = { regs, NR_GREGS * sizeof(*regs) };

	return sys_ptrace(req, tracee, NT_PRSTATUS, (unsigned long)&iov);
}

/* The place of a register among those of PTRACE_GETREGSET */
static int greg(int reg)
{
#ifndef __aarch64__
	if (reg == MARKER)
		return 12;
#endif
	return reg;
}

long peek(int reg)
{
	unsigned long regs[NR_GREGS] = { };

	gregs(PTRACE_GETREGSET, regs);
	return regs[greg(reg)];
}

void poke(int reg, long val)
{
	unsigned long regs[NR_GREGS];

	gregs(PTRACE_GETREGSET, regs);
	regs[greg(reg)] = val;
	gregs(PTRACE_SETREGSET, regs);
}

void poke_arg0(long val)
{
	poke(ARG0, val);
#ifndef __aarch64__
	poke(ORIG_ARG0, val);
#endif
}

void set_nr(int nr)
{
#ifdef __aarch64__
	struct iovec iov = { &nr, sizeof(nr) };

	sys_ptrace(PTRACE_SETREGSET, tracee, NT_ARM_SYSTEM_CALL, (unsigned long)&iov);
#else
	sys_ptrace(PTRACE_SET_SYSCALL, tracee, 0, nr);
#endif
}

long get_nr(void)
{
#ifdef __aarch64__
	int nr = 0;
	struct iovec iov = { &nr, sizeof(nr) };

	sys_ptrace(PTRACE_GETREGSET, tracee, NT_ARM_SYSTEM_CALL, (unsigned long)&iov);
	return nr;
#else
	return peek(NR);
#endif
}

struct ptrace_syscall_info syscall_info(void)
{
	struct ptrace_syscall_info info = { };

	sys_ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof(info), (unsigned long)&info);
	return info;
}

int stop_code(void)
{
	siginfo_t info = { };

	sys_ptrace(PTRACE_GETSIGINFO, tracee, 0, (unsigned long)&info);
	return info.si_code;
}

unsigned long event_msg(void)
{
	unsigned long msg = 0;

	sys_ptrace(PTRACE_GETEVENTMSG, tracee, 0, (unsigned long)&msg);
	return msg;
}
