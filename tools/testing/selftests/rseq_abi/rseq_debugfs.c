// SPDX-License-Identifier: GPL-2.0

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>

#include "rseq_debugfs.h"
#include "support.h"
#include "syscalls.h"

static const char * const stat_names[STAT_NR] = {
	"exit:", "signal:", "slowp:", "fastp:", "ids:", "cs:", "clear:",
	"fixup:", "sgrant:", "sexpir:", "srevok:", "syield:", "sabort:",
};

/* What was found at the start, for the end of the program */
static struct {
	bool mounted;
	pid_t owner;
	long nsec, debug;
} debugfs_found;

ssize_t read_file(const char *path, char *buf, size_t size)
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

int write_file(const char *path, const char *buf, size_t len)
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

int write_string(const char *path, const char *str)
{
	return write_file(path, str, strlen(str));
}

long read_number(const char *path)
{
	char buf[32];

	return read_file(path, buf, sizeof(buf)) > 0 ? strtol(buf, NULL, 10) : -1;
}

bool debug_mode(void)
{
	return read_number(DEBUG_FILE) == 1;
}

bool read_stats(struct stats *st)
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

bool stats_since(struct stats *st)
{
	struct stats before = *st;

	if (!read_stats(st))
		return false;
	for (int i = 0; i < STAT_NR; i++)
		st->v[i] -= before.v[i];
	return true;
}

unsigned long grants_ended(const struct stats *st)
{
	return st->v[STAT_SREVOK] + st->v[STAT_SYIELD] + st->v[STAT_SABORT];
}

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

bool debugfs_claim(void)
{
	if (access(DEBUGFS "/rseq", F_OK))
		debugfs_found.mounted = !mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
	debugfs_found.nsec = read_number(NSEC_FILE);
	debugfs_found.debug = read_number(DEBUG_FILE);
	debugfs_found.owner = getpid();
	atexit(debugfs_restore);
	return !access(DEBUG_FILE, W_OK);
}

void longest_grants(void)
{
	if (debugfs_claim())
		write_string(NSEC_FILE, "50000");
}
