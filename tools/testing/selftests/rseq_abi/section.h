/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Critical sections in assembler, and where a signal handler finds the
 * instruction pointer
 *
 *	section_spin()			section_call()
 *	    rseq_cs = cs		    rseq_cs = cs
 *	spin_start:			call_start:
 *	    jump to spin_start		    system call
 *	spin_end:			call_return:
 *	    return 0			    no operation
 *					call_end:
 *					    return 0
 *
 *	section_signature:
 *	    signature
 *	section_abort:
 *	    return 1
 *	section_abort_end:
 *
 * Every interrupt finds section_spin() at spin_start, not near it. It does not
 * end by itself: either the kernel moves it to the abort handler, or a signal
 * handler moves it to spin_end.
 */
#ifndef RSEQ_ABI_SECTION_H
#define RSEQ_ABI_SECTION_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include <linux/rseq.h>

#if defined(__x86_64__)
#define CONTEXT_IP(uc)	(((ucontext_t *)(uc))->uc_mcontext.gregs[REG_RIP])
#elif defined(__aarch64__)
#define CONTEXT_IP(uc)	(((ucontext_t *)(uc))->uc_mcontext.pc)
#elif defined(__riscv) && __riscv_xlen == 64
#define CONTEXT_IP(uc)	(((ucontext_t *)(uc))->uc_mcontext.__gregs[REG_PC])
#else
#error "no critical sections for this architecture"
#endif

#pragma GCC visibility push(hidden)
extern const char spin_start[], spin_end[], call_start[], call_return[], call_end[];
extern const char section_signature[], section_abort[], section_abort_end[];

long section_spin(__u64 *rseq_cs, const struct rseq_cs *cs);

/* The system call @nr with two arguments. Its result is lost. */
long section_call(__u64 *rseq_cs, const struct rseq_cs *cs, long nr,
		  const void *arg1, const void *arg2);
#pragma GCC visibility pop

/* What they return */
enum { SECTION_LEFT, SECTION_ABORTED };

struct rseq_cs section_between(const char *start, const char *end);
struct rseq_cs spin_section(void);
struct rseq_cs call_section(void);

/* Signal handler: let a spinner go that was not aborted. */
void leave_spin(int sig, siginfo_t *info, void *context);

#endif
