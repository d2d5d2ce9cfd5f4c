/* SPDX-License-Identifier: GPL-2.0 */
/* The rseq directory in debugfs: the tunable, the debug switch, the counters */
#ifndef RSEQ_SLICE_DEBUGFS_H
#define RSEQ_SLICE_DEBUGFS_H

#include <sys/mount.h>

#include "rseq_abi.h"

#define DEBUGFS		"/sys/kernel/debug"
#define NSEC_FILE	DEBUGFS "/rseq/slice_ext_nsec"
#define DEBUG_FILE	DEBUGFS "/rseq/debug"
#define STATS_FILE	DEBUGFS "/rseq/stats"

enum counter {
	STAT_EXIT, STAT_SIGNAL, STAT_SLOWP, STAT_FASTP, STAT_IDS, STAT_CS,
	STAT_CLEAR, STAT_FIXUP, STAT_SGRANT, STAT_SEXPIR, STAT_SREVOK,
	STAT_SYIELD, STAT_SABORT, STAT_NR,
};

static const char * const stat_names[STAT_NR] = {
	"exit:", "signal:", "slowp:", "fastp:", "ids:", "cs:", "clear:",
	"fixup:", "sgrant:", "sexpir:", "srevok:", "syield:", "sabort:",
};

struct stats {
	unsigned long v[STAT_NR];
};

static inline ssize_t read_file(const char *path, char *buf, size_t size)
{
	ssize_t len, got = 0;
	int fd;

	fd = open(path, O_RDONLY);
	if (fd < 0)
		return -1;
	do {
		len = read(fd, buf + got, size - 1 - got);
		if (len > 0)
			got += len;
	} while (len > 0);
	close(fd);
	buf[got] = '\0';
	return len < 0 ? -1 : got;
}

/* 0 if all of @len was taken by one write, or its errno */
static inline int write_file(const char *path, const char *buf, size_t len)
{
	ssize_t ret;
	int fd, err;

	fd = open(path, O_WRONLY);
	if (fd < 0)
		return errno;
	ret = write(fd, buf, len);
	err = error_of(ret);
	close(fd);
	return ret >= 0 && ret != len ? EIO : err;
}

static inline int write_string(const char *path, const char *str)
{
	return write_file(path, str, strlen(str));
}

static inline long read_number(const char *path)
{
	char buf[32];

	return read_file(path, buf, sizeof(buf)) > 0 ? strtol(buf, NULL, 10) : -1;
}

static inline bool debug_mode(void)
{
	return read_number(DEBUG_FILE) == 1;
}

/* Strict about the format: anything unexpected is a failure to read. */
static inline bool read_stats(struct stats *st)
{
	int nr = slice_support() == SLICE_ABSENT ? STAT_SGRANT : STAT_NR;
	char buf[1024], line[64], *pos = buf;

	if (read_file(STATS_FILE, buf, sizeof(buf)) < 0)
		return false;
	*st = (struct stats){ };
	for (int i = 0; i < nr; i++) {
		if (sscanf(pos, "%*[a-z]: %lu", &st->v[i]) != 1)
			return false;
		snprintf(line, sizeof(line), "%-7s %16lu\n", stat_names[i], st->v[i]);
		if (strncmp(pos, line, strlen(line)))
			return false;
		pos += strlen(line);
	}
	return !*pos;
}

/* Makes @st what was counted since @st was read. */
static inline bool stats_since(struct stats *st)
{
	struct stats before = *st;

	if (!read_stats(st))
		return false;
	for (int i = 0; i < STAT_NR; i++)
		st->v[i] -= before.v[i];
	return true;
}

/* Each grant has ended, one way or another. */
static inline unsigned long grants_ended(const struct stats *st)
{
	return st->v[STAT_SREVOK] + st->v[STAT_SYIELD] + st->v[STAT_SABORT];
}

/* What was found at the start, for the end of the program */
static struct {
	bool mounted;
	pid_t owner;
	long nsec, debug;
} debugfs_found;

static void debugfs_restore(void)
{
	char buf[32];

	if (getpid() != debugfs_found.owner)
		return;
	if (debugfs_found.nsec >= 0) {
		snprintf(buf, sizeof(buf), "%ld", debugfs_found.nsec);
		write_string(NSEC_FILE, buf);
	}
	if (debugfs_found.debug >= 0)
		write_string(DEBUG_FILE, debugfs_found.debug ? "1" : "0");
	if (debugfs_found.mounted)
		umount(DEBUGFS);
}

/* Called by main() before the first test: false without debugfs or root */
static inline bool debugfs_claim(void)
{
	if (access(DEBUGFS "/rseq", F_OK))
		debugfs_found.mounted = !mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	debugfs_found.nsec = read_number(NSEC_FILE);
	debugfs_found.debug = read_number(DEBUG_FILE);
	debugfs_found.owner = getpid();
	atexit(debugfs_restore);
	return !access(DEBUG_FILE, W_OK);
}

/* Slow machines see a grant before it is over only if it lasts. */
static inline void longest_grants(void)
{
	if (debugfs_claim())
		write_string(NSEC_FILE, "50000");
}

#endif /* RSEQ_SLICE_DEBUGFS_H */
