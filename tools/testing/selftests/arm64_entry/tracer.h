/* SPDX-License-Identifier: GPL-2.0 */
/* A tracer's view of the tracee */
#ifndef ARM64_ENTRY_TRACER_H
#define ARM64_ENTRY_TRACER_H

#include <stdbool.h>

#include <linux/ptrace.h>

#include "tracee.h"

/* Resume the tracee with @req, and with a signal perhaps: what it stops for next */
int go_with(int req, int sig);
int go(int req);

/* The same @times times: STOP_SYSCALL if each of them ended in one */
int go_times(int times, int req);

/* A tracee that is about to make its first call; 0 if all is well. */
int trace(long options);

/* A tracee at the entry of its first call: STOP_SYSCALL if all is well */
int trace_entry(long options);

/* Step up to, but not over, the instruction at @addr. */
bool step_to(void *addr);

long peek(int reg);
void poke(int reg, long val);

/*
 * The first argument is in two places: in the register, which the call is made
 * with, and in orig_x0, which filters see and a restart begins with. Of a
 * 64-bit tracee the kernel keeps them the same, a 32-bit one has an orig_r0.
 */
void poke_arg0(long val);

/* The number of the call that the kernel is going to make */
void set_nr(int nr);

/* A 32-bit tracer can only look at r7, which set_nr() leaves alone. */
long get_nr(void);

struct ptrace_syscall_info syscall_info(void);

/* si_code of the signal that the tracee has stopped for */
int stop_code(void);

unsigned long event_msg(void);

#endif
