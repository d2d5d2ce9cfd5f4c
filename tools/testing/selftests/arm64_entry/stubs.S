/* SPDX-License-Identifier: GPL-2.0 */
/*
 * void <name>(struct call *): loads every register a system call can see from
 * call->in, enters the kernel, and stores them all to call->out. The svc is at
 * <name>_svc, between two instructions of its own length that do nothing.
 */

	.macro	label name
	.globl	\name
\name :
	.endm

	.macro	begin name
	.globl	\name
	.type	\name, %function
	.balign	8
\name :
	.endm

#ifdef __aarch64__

	.macro	stub name, store=nop
	begin	\name
	stp	x29, x30, [sp, #-32]!
	str	x19, [sp, #16]
	mov	x19, x0
	ldp	x0, x1, [x19]
	ldp	x2, x3, [x19, #16]
	ldp	x4, x5, [x19, #32]
	ldp	x6, x7, [x19, #48]
	ldr	x8, [x19, #64]
	ldr	x9, [x19, #144]
	\store
	label	\name\()_svc
	svc	#0
	nop
	stp	x0, x1, [x19, #72]
	stp	x2, x3, [x19, #88]
	stp	x4, x5, [x19, #104]
	stp	x6, x7, [x19, #120]
	str	x8, [x19, #136]
	ldr	x19, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret
	label	\name\()_end
	.endm

	.text
	stub	a64
	stub	other
	/* Stores a byte to call->store first. */
	stub	storing, "strb wzr, [x9]"

#else

	.macro	stub name
	begin	\name
	push	{r4-r8, lr}
	mov	r8, r0
	ldm	r8, {r0-r7, ip}
	nop
	label	\name\()_svc
	svc	#0
	nop
	add	lr, r8, #36
	stm	lr, {r0-r7, ip}
	pop	{r4-r8, pc}
	label	\name\()_end
	.endm

	.syntax	unified
	.text
	.arm
	stub	arm
	stub	other
	.thumb
	.thumb_func
	stub	thumb

#endif

	.section .note.GNU-stack, "", %progbits
