// SPDX-License-Identifier: GPL-2.0

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "events.h"
#include "tracee.h"

struct event events[MAX_EVENTS];
int nr_events;

static char instance[64];

bool has_tracefs(void)
{
	return !access(TRACEFS "/instances", W_OK) && !access(TRACEFS "/events/raw_syscalls", F_OK);
}

static bool trace_file(const char *name, const char *text)
{
	char path[128];
	ssize_t len = strlen(text);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", instance, name);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return false;
	len -= write(fd, text, len);
	return !close(fd) && !len;
}

bool trace_start(void)
{
	char pid[16];

	snprintf(instance, sizeof(instance), TRACEFS "/instances/arm64_entry-%d", getpid());
	snprintf(pid, sizeof(pid), "%d", tracee);
	return !mkdir(instance, 0700) && trace_file("set_event_pid", pid) &&
	       trace_file("options/event-fork", "1") &&
	       trace_file("events/raw_syscalls/enable", "1");
}

static void parse_event(const char *line)
{
	struct event *e = &events[nr_events];
	const char *pid = strchr(line, '-'), *sys = strstr(line, ": sys_e");
	const char *nr = strstr(line, "NR ");
	char *pos;

	if (!pid || !sys || !nr || nr_events == MAX_EVENTS)
		return;
	e->pid = atoi(pid + 1);
	e->exit = !strncmp(sys, ": sys_exit", 10);
	e->nr = strtol(nr + 3, &pos, 10);
	if (e->exit) {
		e->values[0] = strtoll(pos + 3, NULL, 10);
	} else {
		pos++;
		for (int i = 0; i < 6; i++)
			e->values[i] = strtoull(pos + 1, &pos, 16);
	}
	nr_events++;
}

void trace_stop(void)
{
	char path[128], line[512];
	FILE *file;

	trace_file("events/raw_syscalls/enable", "0");
	snprintf(path, sizeof(path), "%s/trace", instance);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (line[0] != '#')
			parse_event(line);
	}
	if (file)
		fclose(file);
	rmdir(instance);
}

void trace_discard(void)
{
	if (instance[0])
		rmdir(instance);
}

bool events_match(const struct event *expected, const struct event *seen)
{
	return expected->pid == seen->pid && expected->exit == seen->exit &&
	       expected->nr == seen->nr &&
	       (expected->values[0] == ANY || expected->values[0] == seen->values[0]);
}
