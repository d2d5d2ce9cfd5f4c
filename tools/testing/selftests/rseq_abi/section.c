// SPDX-License-Identifier: GPL-2.0

#include "area.h"
#include "section.h"

#if defined(__x86_64__)

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

#endif

#define __STRING_OF(x)	#x
#define STRING_OF(x)	__STRING_OF(x)

/* The signature is data in the text: control never gets there. */
#define ASM_SECTIONS							\
	".pushsection .text\n"						\
	".globl	section_spin, spin_start, spin_end\n"			\
	".globl	section_call, call_start, call_return, call_end\n"	\
	".globl	section_signature, section_abort, section_abort_end\n"	\
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

struct rseq_cs section_between(const char *start, const char *end)
{
	return (struct rseq_cs){
		.start_ip = (uintptr_t)start,
		.post_commit_offset = end - start,
		.abort_ip = (uintptr_t)section_abort,
	};
}

struct rseq_cs spin_section(void)
{
	return section_between(spin_start, spin_end);
}

struct rseq_cs call_section(void)
{
	return section_between(call_start, call_end);
}

void leave_spin(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	if (CONTEXT_IP(context) == (uintptr_t)spin_start)
		CONTEXT_IP(context) = (uintptr_t)spin_end;
}
