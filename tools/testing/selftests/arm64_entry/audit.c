// SPDX-License-Identifier: GPL-2.0
/* Audit: what a rule has it record of a call is known at its exit */

#include <sys/socket.h>
#include <sys/time.h>

#include <linux/netlink.h>

#include "fixture.h"
#include "tracer.h"

struct request {
	struct nlmsghdr		hdr;
	union {
		struct audit_status	status;
		struct audit_rule_data	rule;
	};
};

#define MAX_RECORD	9000	/* the header, the text, an end to that */

static int audit_fd;

/* Send a request; 0 or the error that the kernel answers with. */
static int audit_do(struct request *req, int type, int len)
{
	struct {
		struct nlmsghdr	hdr;
		struct nlmsgerr	err;
	} answer;

	req->hdr.nlmsg_type = type;
	req->hdr.nlmsg_len = NLMSG_LENGTH(len);
	req->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	if (send(audit_fd, req, req->hdr.nlmsg_len, 0) < 0)
		return errno;
	do {
		if (recv(audit_fd, &answer, sizeof(answer), 0) < 0)
			return errno;
	} while (answer.hdr.nlmsg_type != NLMSG_ERROR);
	return -answer.err.error;
}

/* Have records sent to us, or to nobody. */
static int audit_enable(bool on)
{
	struct request req = { };

	req.status.mask = AUDIT_STATUS_ENABLED | AUDIT_STATUS_PID;
	req.status.enabled = on;
	req.status.pid = on ? getpid() : 0;
	return audit_do(&req, AUDIT_SET, sizeof(req.status));
}

/* Every call of our children that has this number, or an end to that */
static int audit_rule(int type, int nr)
{
	struct request req = { };

	req.rule.flags = AUDIT_FILTER_EXIT;
	req.rule.action = AUDIT_ALWAYS;
	req.rule.field_count = 1;
	req.rule.fields[0] = AUDIT_PPID;
	req.rule.fieldflags[0] = AUDIT_EQUAL;
	req.rule.values[0] = getpid();
	req.rule.mask[AUDIT_WORD(nr)] = AUDIT_BIT(nr);
	return audit_do(&req, type, sizeof(req.rule));
}

/* Whether the next record of a call of the tracee says all of @expected */
static bool recorded(const char *expected)
{
	char record[MAX_RECORD], maker[32];
	struct nlmsghdr *hdr = (void *)record;
	const char *text = NLMSG_DATA(hdr);
	ssize_t len;

	snprintf(maker, sizeof(maker), " pid=%d ", tracee);
	do {
		len = recv(audit_fd, record, sizeof(record) - 1, 0);
		if (len < 0)
			return false;
		record[len] = '\0';
	} while (hdr->nlmsg_type != AUDIT_SYSCALL || !strstr(text, maker));
	if (strstr(text, expected))
		return true;
	ksft_print_msg("audit: %s\n", text);
	return false;
}

#define AUDITED	__NR_getppid

/* Records take their time: a thread of the kernel sends them. */
static bool audit_start(void)
{
	struct timeval patience = { .tv_sec = 10 };

	audit_fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT);
	if (audit_fd < 0)
		return false;
	setsockopt(audit_fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return !audit_enable(true) && !audit_rule(AUDIT_ADD_RULE, AUDITED);
}

static int audit_stop(void)
{
	return audit_rule(AUDIT_DEL_RULE, AUDITED) ?: audit_enable(false);
}

TEST_F(entry, audit)
{
	char expected[128];

	if (!audit_start())
		SKIP(return, "no audit");
	ADD_CALL(AUDITED);
	ADD_CALL(__NR_getpid);
	ADD_CALL(AUDITED, 0x11);
	ASSERT_EQ(EXITED(0), run());
	snprintf(expected, sizeof(expected),
		 "arch=%x syscall=%d success=yes exit=%d a0=%x a1=%x a2=%x a3=%x ",
		 AUDIT_ARCH_SELF, AUDITED, getpid(), PATTERN(ARG0), PATTERN(ARG1),
		 PATTERN(ARG2), PATTERN(ARG3));
	EXPECT_TRUE(recorded(expected));
	EXPECT_TRUE(recorded(" a0=11 "));
	EXPECT_EQ(0, audit_stop());
}

/* The record is of the call that a tracer leaves behind. */
TEST_F(entry, audit_after_tracer)
{
	char expected[128];

	if (!audit_start())
		SKIP(return, "no audit");
	ADD_CALL(__NR_close, 0x11);
	ASSERT_EQ(STOP_SYSCALL, trace_entry(0));
	set_nr(AUDITED);
	poke_arg0(0x77);
	ASSERT_EQ(STOP_SYSCALL, go(PTRACE_SYSCALL));
	poke(ARG0, -5);
	ASSERT_EQ(EXITED(0), go(PTRACE_CONT));
	/* At the exit, audit comes before ptrace. */
	snprintf(expected, sizeof(expected), "arch=%x syscall=%d success=yes exit=%d a0=77 ",
		 AUDIT_ARCH_SELF, AUDITED, getpid());
	EXPECT_TRUE(recorded(expected));
	EXPECT_EQ(0, audit_stop());
}

TEST_HARNESS_MAIN
