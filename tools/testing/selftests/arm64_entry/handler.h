/* SPDX-License-Identifier: GPL-2.0 */
/* Signal handlers of the tracee */
#ifndef ARM64_ENTRY_HANDLER_H
#define ARM64_ENTRY_HANDLER_H

#include <signal.h>

#include "tracee.h"

/* A handler that takes notes in shm->caught */
void handler(int sig, siginfo_t *info, void *context);

/* Without a restorer the handler returns by way of the vDSO, or of the sigpage. */
void handle_by(int sig, void *func, unsigned long flags);
void handle(int sig, unsigned long flags);

void handle_usr1(void);
void handle_usr1_restart(void);

#endif
