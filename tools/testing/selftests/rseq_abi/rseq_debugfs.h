/* SPDX-License-Identifier: GPL-2.0 */
/* The rseq directory in debugfs: the tunable, the debug switch, the counters */
#ifndef RSEQ_ABI_RSEQ_DEBUGFS_H
#define RSEQ_ABI_RSEQ_DEBUGFS_H

#include <stdbool.h>
#include <sys/types.h>

#define DEBUGFS		"/sys/kernel/debug"
#define NSEC_FILE	DEBUGFS "/rseq/slice_ext_nsec"
#define DEBUG_FILE	DEBUGFS "/rseq/debug"
#define STATS_FILE	DEBUGFS "/rseq/stats"

enum counter {
	STAT_EXIT, STAT_SIGNAL, STAT_SLOWP, STAT_FASTP, STAT_IDS, STAT_CS,
	STAT_CLEAR, STAT_FIXUP, STAT_SGRANT, STAT_SEXPIR, STAT_SREVOK,
	STAT_SYIELD, STAT_SABORT, STAT_NR,
};

struct stats {
	unsigned long v[STAT_NR];
};

ssize_t read_file(const char *path, char *buf, size_t size);

/* 0 if all of @len was taken by one write, or its errno */
int write_file(const char *path, const char *buf, size_t len);
int write_string(const char *path, const char *str);
long read_number(const char *path);
bool debug_mode(void);

/* Strict about the format: anything unexpected is a failure to read. */
bool read_stats(struct stats *st);

/* Makes @st what was counted since @st was read. */
bool stats_since(struct stats *st);

/* Each grant has ended, one way or another. */
unsigned long grants_ended(const struct stats *st);

/* Called by main() before the first test: false without debugfs or root */
bool debugfs_claim(void);

/* Slow machines see a grant before it is over only if it lasts. */
void longest_grants(void);

#endif
