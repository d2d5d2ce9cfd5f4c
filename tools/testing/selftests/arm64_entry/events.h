/* SPDX-License-Identifier: GPL-2.0 */
/* System call events, in a trace buffer of our own */
#ifndef ARM64_ENTRY_EVENTS_H
#define ARM64_ENTRY_EVENTS_H

#include <stdbool.h>
#include <sys/types.h>

#define TRACEFS		"/sys/kernel/tracing"
#define MAX_EVENTS	32
#define ANY		0x4321		/* any value */

enum { ENTER, EXIT };

struct event {
	pid_t		pid;
	int		exit;
	long		nr;
	long long	values[6];	/* the arguments, or the result */
};

extern struct event events[MAX_EVENTS];
extern int nr_events;

bool has_tracefs(void);

/* Whether the system call events of the tracee, and of its children, are on */
bool trace_start(void);

/* Leaves what was recorded in events[]. */
void trace_stop(void);

/* Removes the trace buffer of a test that did not get as far as trace_stop(). */
void trace_discard(void);

bool events_match(const struct event *expected, const struct event *seen);

/* The first events are these. */
#define EXPECT_EVENTS(...) do {						\
	const struct event expected_[] = { __VA_ARGS__ };		\
	int nr_ = ARRAY_SIZE(expected_);				\
									\
	EXPECT_LE(nr_, nr_events);					\
	for (int i_ = 0; i_ < nr_ && i_ < nr_events; i_++) {		\
		const struct event *e_ = &events[i_];			\
									\
		EXPECT_TRUE(events_match(&expected_[i_], e_))		\
			TH_LOG("event %d: pid %d %s %ld: %llx", i_,	\
			       e_->pid, e_->exit ? "exit" : "enter",	\
			       e_->nr, e_->values[0]);			\
	}								\
} while (0)

#endif
