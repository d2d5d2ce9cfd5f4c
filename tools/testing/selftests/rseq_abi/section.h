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

#include <ucontext.h>

#include "rseq_abi.h"

#if defined(__x86_64__)

#define CONTEXT_IP(uc)	(((ucontext_t *)(uc))->uc_mcontext.gregs[REG_RIP])

#define ASM_ENTER	"movq	%rsi, (%rdi)\n"
#define ASM_JUMP(to)	"jmp	" to "\n"
#define ASM_RETURN(val)	"movl	$" val ", %eax\n"			\
			"ret\n"
#define ASM_ENTER_CALL	"movq	%rdi, %r9\n"				\
			"movq	%rsi, %r10\n"				\
			"movq	%rdx, %rax\n"				\
			"movq	%rcx, %rdi\n"				\
			"movq	%r8, %rsi\n"				\
			"movq	%r10, (%r9)\n"
#define ASM_CALL	"syscall\n"

#elif defined(__aarch64__)

#define CONTEXT_IP(uc)	(((ucontext_t *)(uc))->uc_mcontext.pc)

#define ASM_ENTER	"str	x1, [x0]\n"
#define ASM_JUMP(to)	"b	" to "\n"
#define ASM_RETURN(val)	"mov	x0, #" val "\n"				\
			"ret\n"
#define ASM_ENTER_CALL	"mov	x9, x0\n"				\
			"mov	x10, x1\n"				\
			"mov	x8, x2\n"				\
			"mov	x0, x3\n"				\
			"mov	x1, x4\n"				\
			"str	x10, [x9]\n"
#define ASM_CALL	"svc	#0\n"

#elif defined(__riscv) && __riscv_xlen == 64

#define CONTEXT_IP(uc)	(((ucontext_t *)(uc))->uc_mcontext.__gregs[REG_PC])

#define ASM_ENTER	"sd	a1, 0(a0)\n"
#define ASM_JUMP(to)	"j	" to "\n"
#define ASM_RETURN(val)	"li	a0, " val "\n"				\
			"ret\n"
#define ASM_ENTER_CALL	"mv	t0, a0\n"				\
			"mv	t1, a1\n"				\
			"mv	a7, a2\n"				\
			"mv	a0, a3\n"				\
			"mv	a1, a4\n"				\
			"sd	t1, 0(t0)\n"
#define ASM_CALL	"ecall\n"

#else
#error "no critical sections for this architecture"
#endif

#define __STRING_OF(x)	#x
#define STRING_OF(x)	__STRING_OF(x)

/* The signature is data in the text: control never gets there. */
#define ASM_SECTIONS							\
	".pushsection .text\n"						\
	".balign	16\n"						\
	"section_spin:\n"						\
		ASM_ENTER						\
	"spin_start:\n"							\
		ASM_JUMP("spin_start")					\
	"spin_end:\n"							\
		ASM_RETURN("0")						\
	".balign	16\n"						\
	"section_call:\n"						\
		ASM_ENTER_CALL						\
	"call_start:\n"							\
		ASM_CALL						\
	"call_return:\n"						\
		"nop\n"							\
	"call_end:\n"							\
		ASM_RETURN("0")						\
	".balign	4\n"						\
	"section_signature:\n"						\
		".long	" STRING_OF(AREA_SIG) "\n"			\
	"section_abort:\n"						\
		ASM_RETURN("1")						\
	"section_abort_end:\n"						\
	".popsection\n"

asm(ASM_SECTIONS);

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

static inline struct rseq_cs section_between(const char *start, const char *end)
{
	return (struct rseq_cs){
		.start_ip = (uintptr_t)start,
		.post_commit_offset = end - start,
		.abort_ip = (uintptr_t)section_abort,
	};
}

static inline struct rseq_cs spin_section(void)
{
	return section_between(spin_start, spin_end);
}

static inline struct rseq_cs call_section(void)
{
	return section_between(call_start, call_end);
}

/* Signal handler: let a spinner go that was not aborted. */
static inline void leave_spin(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	if (CONTEXT_IP(context) == (uintptr_t)spin_start)
		CONTEXT_IP(context) = (uintptr_t)spin_end;
}

#endif /* RSEQ_ABI_SECTION_H */
