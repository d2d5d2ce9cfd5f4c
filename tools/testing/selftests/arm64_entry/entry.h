/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests need: the two ABIs under common names, a tracee that makes
 * the calls it is told to, a tracer's view of it, a signal handler that takes
 * notes, seccomp filters.
 */
#ifndef ARM64_ENTRY_H
#define ARM64_ENTRY_H

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>

#include "kselftest_harness.h"

/* The headers that compat is built with may be old, or are those of arm. */
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU			31
#define PTRACE_SYSEMU_SINGLESTEP	32
#endif
#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO		0x4212
#endif
#ifndef PR_SYS_DISPATCH_ON
#define PR_SYS_DISPATCH_ON		1
#endif
#ifndef SYS_SECCOMP
#define SYS_SECCOMP			1
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH		2
#endif
#ifndef SEGV_MTEAERR
#define SEGV_MTEAERR			8
#endif

#define NO_SUCH_CALL		(-ENOSYS)

/* What restarts a system call is not part of any user header. */
#define ERESTARTSYS		512
#define ERESTARTNOINTR		513
#define ERESTARTNOHAND		514
#define ERESTART_RESTARTBLOCK	516

/*
 * The two ABIs
 *
 * The registers a call is made with, in the order of struct call. MARKER is
 * the one that tells a tracer whether it looks at an entry or at an exit.
 */
#ifdef __aarch64__
enum { ARG0, ARG1, ARG2, ARG3, ARG4, ARG5, ARG6, MARKER, NR, NR_REGS, PC = 32 };
#define AUDIT_ARCH_SELF		AUDIT_ARCH_AARCH64
#define UC_ARG0(uc)		((uc)->uc_mcontext.regs[0])
#define UC_PC(uc)		((uc)->uc_mcontext.pc)
#define NR_SLEEP		__NR_clock_nanosleep
#define NR_GREGS		34	/* x0 to x30, sp, pc, pstate */
#else
enum { ARG0, ARG1, ARG2, ARG3, ARG4, ARG5, ARG6, NR, MARKER, NR_REGS, PC = 15, ORIG_ARG0 = 17 };
#define AUDIT_ARCH_SELF		AUDIT_ARCH_ARM
#define UC_ARG0(uc)		((uc)->uc_mcontext.arm_r0)
#define UC_PC(uc)		((uc)->uc_mcontext.arm_pc)
#define NR_SLEEP		407	/* clock_nanosleep_time64: always there */
#define NR_GREGS		18	/* r0 to r15, cpsr, orig_r0 */
#endif

struct stub;

struct call {
	long			in[NR_REGS];
	long			out[NR_REGS];
	char			*store;		/* only used by "storing" */
	const struct stub	*stub;		/* not the one of the variant */
};

struct stub {
	void	(*call)(struct call *c);
	char	*svc, *end;
	int	len;			/* of the svc, and its neighbours */
};

#define DECLARE_STUB(name)						\
	void name(struct call *c);					\
	extern char name##_svc[], name##_end[]

#define STUB(name, bytes) { .call = name, .svc = name##_svc, .end = name##_end, .len = bytes }

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

static struct shared *shm;
static const struct stub *stub;
static pid_t tracee;
static void (*prepare)(void);		/* The tracee runs this first. */

/* The address behind the svc */
static inline unsigned long after_svc(void)
{
	return (unsigned long)stub->svc + stub->len;
}

/* What a register holds that is not told otherwise */
#define PATTERN(reg)	(0xa000 + (reg))

static inline struct call *add_call(long nr, int nr_args, const long *args)
{
	struct call *c = &shm->call[shm->nr_calls++];

	for (int i = 0; i < NR_REGS; i++)
		c->in[i] = i < nr_args ? args[i] : PATTERN(i);
	c->in[NR] = nr;
	return c;
}

#define ADD_CALL(nr, ...) ({						\
	const long args_[] = { __VA_ARGS__ };				\
									\
	add_call(nr, ARRAY_SIZE(args_), args_);				\
})

/*
 * The tracee
 */
static inline long sys_ptrace(long req, pid_t pid, unsigned long addr, unsigned long data)
{
	return syscall(__NR_ptrace, req, pid, addr, data);
}

static inline void run_calls(void)
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

static inline void launch(bool traced)
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

/*
 * The tracer
 *
 * A stop is the signal, above it the PTRACE_EVENT: the status without its
 * lower byte. The end of a process is told from that by higher bits.
 */
#define STOP_SYSCALL	(SIGTRAP | 0x80)
#define STOP_EVENT(e)	(SIGTRAP | (e) << 8)
#define EXITED(code)	(0x100000 | (code))
#define KILLED(sig)	(0x200000 | (sig))

static inline int wait_stop_of(pid_t pid)
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

static inline int wait_stop(void)
{
	return wait_stop_of(tracee);
}

/* Resume the tracee with @req, and with a signal perhaps: what it stops for next */
static inline int go_with(int req, int sig)
{
	if (sys_ptrace(req, tracee, 0, sig))
		return -errno;
	return wait_stop();
}

static inline int go(int req)
{
	return go_with(req, 0);
}

/* Run all calls with nobody watching. */
static inline int run(void)
{
	launch(false);
	return wait_stop();
}

/* A tracee that is about to make its first call; 0 if all is well. */
static inline int trace(long options)
{
	int stop;

	launch(true);
	stop = wait_stop();
	if (stop != SIGSTOP)
		return stop;
	return sys_ptrace(PTRACE_SETOPTIONS, tracee, 0,
			  PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | options);
}

static inline long gregs(long req, unsigned long *regs)
{
	struct iovec iov = { regs, NR_GREGS * sizeof(*regs) };

	return sys_ptrace(req, tracee, NT_PRSTATUS, (unsigned long)&iov);
}

/* The place of a register among those of PTRACE_GETREGSET */
static inline int greg(int reg)
{
#ifndef __aarch64__
	if (reg == MARKER)
		return 12;
#endif
	return reg;
}

static inline long peek(int reg)
{
	unsigned long regs[NR_GREGS] = { };

	gregs(PTRACE_GETREGSET, regs);
	return regs[greg(reg)];
}

static inline void poke(int reg, long val)
{
	unsigned long regs[NR_GREGS];

	gregs(PTRACE_GETREGSET, regs);
	regs[greg(reg)] = val;
	gregs(PTRACE_SETREGSET, regs);
}

/*
 * The first argument is in two places: in the register, which the call is made
 * with, and in orig_x0, which filters see and a restart begins with. Of a
 * 64-bit tracee the kernel keeps them the same, a 32-bit one has an orig_r0.
 */
static inline void poke_arg0(long val)
{
	poke(ARG0, val);
#ifndef __aarch64__
	poke(ORIG_ARG0, val);
#endif
}

/* The number of the call that the kernel is going to make */
static inline void set_nr(int nr)
{
#ifdef __aarch64__
	struct iovec iov = { &nr, sizeof(nr) };

	sys_ptrace(PTRACE_SETREGSET, tracee, NT_ARM_SYSTEM_CALL, (unsigned long)&iov);
#else
	sys_ptrace(PTRACE_SET_SYSCALL, tracee, 0, nr);
#endif
}

/* A 32-bit tracer can only look at r7, which set_nr() leaves alone. */
static inline long get_nr(void)
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

static inline struct ptrace_syscall_info syscall_info(void)
{
	struct ptrace_syscall_info info = { };

	sys_ptrace(PTRACE_GET_SYSCALL_INFO, tracee, sizeof(info), (unsigned long)&info);
	return info;
}

/* si_code of the signal that the tracee has stopped for */
static inline int stop_code(void)
{
	siginfo_t info = { };

	sys_ptrace(PTRACE_GETSIGINFO, tracee, 0, (unsigned long)&info);
	return info.si_code;
}

static inline unsigned long event_msg(void)
{
	unsigned long msg = 0;

	sys_ptrace(PTRACE_GETEVENTMSG, tracee, 0, (unsigned long)&msg);
	return msg;
}

/* The same @times times: STOP_SYSCALL if each of them ended in one */
static inline int go_times(int times, int req)
{
	int stop = go(req);

	while (--times && stop == STOP_SYSCALL)
		stop = go(req);
	return stop;
}

/* A tracee at the entry of its first call: STOP_SYSCALL if all is well */
static inline int trace_entry(long options)
{
	return trace(options) ? -1 : go(PTRACE_SYSCALL);
}

/* Step up to, but not over, the instruction at @addr. */
static inline bool step_to(void *addr)
{
	for (int i = 0; i < 1000 && peek(PC) != (unsigned long)addr; i++) {
		if (go(PTRACE_SINGLESTEP) != SIGTRAP)
			return false;
	}
	return peek(PC) == (unsigned long)addr;
}

/* A millisecond. 32-bit usleep() may end in a call that the kernel does not have. */
static inline void nap(void)
{
	const __s64 ts[2] = { 0, 1000000 };

	syscall(NR_SLEEP, CLOCK_MONOTONIC, 0, ts, NULL);
}

/* Wait until the tracee sleeps in its call. */
static inline bool wait_asleep(void)
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

/*
 * Signal handlers
 */
static inline void handler(int sig, siginfo_t *info, void *context)
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

/* Without a restorer the handler returns by way of the vDSO, or of the sigpage. */
static inline void handle_by(int sig, void *func, unsigned long flags)
{
	struct {
		void		*handler;
		unsigned long	flags;
		void		*restorer;
		__u64		mask;
	} sa = { .handler = func, .flags = flags };

	syscall(__NR_rt_sigaction, sig, &sa, NULL, 8);
}

static inline void handle(int sig, unsigned long flags)
{
	handle_by(sig, handler, SA_SIGINFO | flags);
}

/*
 * Seccomp filters
 */
static inline void install(struct sock_filter *insns, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(1);
}

/* What becomes of a call with the number @nr; all others are allowed. */
static inline void filter_nr(__u32 nr, __u32 action)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(insns, 4);
}

/* What becomes of a call that looks like @data in every word */
static inline void filter_data(const struct seccomp_data *data, __u32 action)
{
	enum { WORDS = sizeof(*data) / 4 };
	struct sock_filter insns[2 * WORDS + 2], *insn = insns;
	__u32 words[WORDS];

	memcpy(words, data, sizeof(words));
	for (int i = 0; i < WORDS; i++) {
		*insn++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * i);
		*insn++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, words[i],
						       0, 2 * (WORDS - 1 - i) + 1);
	}
	*insn++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	*insn++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	install(insns, insn - insns);
}

#endif
