/* SPDX-License-Identifier: GPL-2.0 */
/* The two ABIs, 64-bit and 32-bit, under common names */
#ifndef ARM64_ENTRY_ABI_H
#define ARM64_ENTRY_ABI_H

#include <errno.h>
#include <signal.h>
#include <ucontext.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/audit.h>
#include <linux/ptrace.h>

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
#define ENOIOCTLCMD		515
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

#endif
