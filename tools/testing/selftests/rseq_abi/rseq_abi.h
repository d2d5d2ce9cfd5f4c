/* SPDX-License-Identifier: GPL-2.0 */
/* What every program of this directory needs */
#ifndef RSEQ_ABI_H
#define RSEQ_ABI_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/rseq.h>

#include "kselftest_harness.h"
#include "area.h"
#include "children.h"
#include "clock.h"
#include "contention.h"
#include "support.h"
#include "syscalls.h"
#include "word.h"

#endif
