// SPDX-License-Identifier: GPL-2.0
/* The tracepoints rseq_update and rseq_ip_fixup: their format, and when they fire */

#include <sys/mount.h>
#include <sys/stat.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define ROUNDS	10
#define UPDATE	"rseq_update"
#define FIXUP	"rseq_ip_fixup"

/* A mount of our own, and a trace buffer of our own: there is nothing to restore. */
static char mount_point[32], instance[64];
static pid_t owner;

static void tracefs_leave(void)
{
	if (getpid() != owner)
		return;
	rmdir(instance);
	umount(mount_point);
	rmdir(mount_point);
}

static bool tracefs_enter(void)
{
	snprintf(mount_point, sizeof(mount_point), "/tmp/rseq_abi-XXXXXX");
	if (!mkdtemp(mount_point))
		return false;
	owner = getpid();
	atexit(tracefs_leave);
	snprintf(instance, sizeof(instance), "%s/instances/rseq_abi-%d", mount_point, owner);
	return !mount("tracefs", mount_point, "tracefs", 0, NULL) && !mkdir(instance, 0700);
}

static const char *in_instance(const char *fmt, const char *arg)
{
	static char path[128];
	int len = snprintf(path, sizeof(path), "%s/", instance);

	snprintf(path + len, sizeof(path) - len, fmt, arg);
	return path;
}

static bool has_event(const char *event)
{
	return !access(in_instance("events/rseq/%s", event), F_OK);
}

static bool trace_clear(void)
{
	int fd = open(in_instance("trace", NULL), O_WRONLY | O_TRUNC);

	return fd >= 0 && !close(fd);
}

static bool trace_start(const char *event)
{
	char filter[32];

	snprintf(filter, sizeof(filter), "common_pid == %ld", syscall(__NR_gettid));
	return !write_string(in_instance("events/rseq/%s/filter", event), filter) &&
	       trace_clear() &&
	       !write_string(in_instance("events/rseq/%s/enable", event), "1");
}

/* The line of the trace that @pos is in, behind the name of the event */
static char *line_of(const char *event, char **pos)
{
	char mark[32], *line;

	snprintf(mark, sizeof(mark), ": %s: ", event);
	line = strstr(*pos, mark);
	if (!line)
		return NULL;
	line += strlen(mark);
	*pos = line + strcspn(line, "\n");
	return line;
}

static bool trace_stop(const char *event, char *buf, size_t size)
{
	return !write_string(in_instance("events/rseq/%s/enable", event), "0") &&
	       read_file(in_instance("trace", NULL), buf, size) > 0;
}

/* The format files, behind the fields that all events have */

static void expect_format(struct __test_metadata *_metadata, const char *event,
			  const char *expected)
{
	char buf[4096], name[64], *fields;

	ASSERT_GT(read_file(in_instance("events/rseq/%s/format", event), buf, sizeof(buf)), 0);
	snprintf(name, sizeof(name), "name: %s\n", event);
	EXPECT_EQ(0, strncmp(buf, name, strlen(name)));
	fields = strstr(buf, "\n\n");
	ASSERT_NE(NULL, fields);
	EXPECT_STREQ(expected, fields + 2);
}

TEST(format_of_rseq_update)
{
	if (!has_event(UPDATE))
		SKIP(return, "no tracepoint");
	expect_format(_metadata, UPDATE,
		      "\tfield:s32 cpu_id;\toffset:8;\tsize:4;\tsigned:1;\n"
		      "\tfield:s32 node_id;\toffset:12;\tsize:4;\tsigned:1;\n"
		      "\tfield:s32 mm_cid;\toffset:16;\tsize:4;\tsigned:1;\n"
		      "\nprint fmt: \"cpu_id=%d node_id=%d mm_cid=%d\", REC->cpu_id, REC->node_id, REC->mm_cid\n");
}

TEST(format_of_rseq_ip_fixup)
{
	char expected[1024];
	int size = sizeof(long);

	if (!has_event(FIXUP))
		SKIP(return, "no tracepoint");
	snprintf(expected, sizeof(expected),
		 "\tfield:unsigned long regs_ip;\toffset:8;\tsize:%d;\tsigned:0;\n"
		 "\tfield:unsigned long start_ip;\toffset:%d;\tsize:%d;\tsigned:0;\n"
		 "\tfield:unsigned long post_commit_offset;\toffset:%d;\tsize:%d;\tsigned:0;\n"
		 "\tfield:unsigned long abort_ip;\toffset:%d;\tsize:%d;\tsigned:0;\n"
		 "\nprint fmt: \"regs_ip=0x%%lx start_ip=0x%%lx post_commit_offset=%%lu abort_ip=0x%%lx\", REC->regs_ip, REC->start_ip, REC->post_commit_offset, REC->abort_ip\n",
		 size, 8 + size, size, 8 + 2 * size, size, 8 + 3 * size, size);
	expect_format(_metadata, FIXUP, expected);
}

/* Events */

FIXTURE(trace)
{
	struct rseq *rs;
	struct contender contender;
	char lines[1 << 18];
};

FIXTURE_VARIANT(trace)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(trace, legacy) { };
FIXTURE_VARIANT_ADD(trace, v2) { .v2 = true };

FIXTURE_SETUP(trace)
{
	if (!has_event(UPDATE) || !has_event(FIXUP))
		SKIP(return, "no tracepoints");
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
	/* The IDs of all threads are settled before there is something to see. */
	ASSERT_TRUE(contender_start(&self->contender, 0));
	ASSERT_TRUE(get_preempted());
}

FIXTURE_TEARDOWN(trace)
{
	write_string(in_instance("events/rseq/%s/enable", UPDATE), "0");
	write_string(in_instance("events/rseq/%s/enable", FIXUP), "0");
	contender_stop(&self->contender);
}

struct ids {
	int cpu_id, node_id, mm_cid;
};

static struct ids ids_of(struct rseq *rs)
{
	return (struct ids){ READ_ONCE(rs->cpu_id), READ_ONCE(rs->node_id),
			     READ_ONCE(rs->mm_cid) };
}

static bool next_update(char **pos, struct ids *ids)
{
	char *line = line_of(UPDATE, pos), end;

	return line && sscanf(line, "cpu_id=%d node_id=%d mm_cid=%d%c", &ids->cpu_id,
			      &ids->node_id, &ids->mm_cid, &end) == 4 && end == '\n';
}

static bool same(const struct ids *a, const struct ids *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The trace tells what the area held, one after the other. */
TEST_F(trace, update_after_migration)
{
	struct ids held[2 * ROUNDS], ids;
	char *pos = self->lines;
	int last = last_cpu(), seen = 0;

	if (last == 0)
		SKIP(return, "a single CPU never updates its ID");
	ASSERT_TRUE(trace_start(UPDATE));
	for (int i = 0; i < 2 * ROUNDS; i++) {
		ASSERT_TRUE(pin_to(i & 1 ? last : 0));
		held[i] = ids_of(self->rs);
		ASSERT_EQ(i & 1 ? last : 0, held[i].cpu_id);
	}
	ASSERT_TRUE(trace_stop(UPDATE, self->lines, sizeof(self->lines)));
	while (next_update(&pos, &ids)) {
		/* Legacy mode and debug mode update what has not changed as well. */
		if (seen && same(&ids, &held[seen - 1]))
			continue;
		/* Preempted before the first migration */
		if (!seen && ids.cpu_id == last)
			continue;
		ASSERT_LT(seen, 2 * ROUNDS);
		EXPECT_TRUE(same(&ids, &held[seen]))
			TH_LOG("update %d: %d %d %d", seen, ids.cpu_id, ids.node_id, ids.mm_cid);
		seen++;
	}
	EXPECT_EQ(2 * ROUNDS, seen);
}

TEST_F(trace, update_without_change)
{
	struct ids held = ids_of(self->rs), ids;
	char *pos = self->lines;
	int updates = 0;

	if (variant->v2 && debug_mode())
		SKIP(return, "debug mode writes the IDs even if they do not change");
	ASSERT_TRUE(trace_start(UPDATE));
	EXPECT_TRUE(get_preempted());
	ASSERT_TRUE(trace_stop(UPDATE, self->lines, sizeof(self->lines)));
	while (next_update(&pos, &ids)) {
		updates++;
		EXPECT_TRUE(same(&ids, &held));
	}
	EXPECT_EQ(!variant->v2, updates >= 5);
	EXPECT_TRUE(!variant->v2 || !updates);
}

struct fixup {
	unsigned long ip, start, offset, abort;
};

static bool next_fixup(char **pos, struct fixup *f)
{
	char *line = line_of(FIXUP, pos), end;

	return line &&
	       sscanf(line,
		      "regs_ip=0x%lx start_ip=0x%lx post_commit_offset=%lu abort_ip=0x%lx%c",
		      &f->ip, &f->start, &f->offset, &f->abort, &end) == 5 && end == '\n';
}

TEST_F(trace, ip_fixup)
{
	static struct rseq_cs cs;
	char *pos = self->lines;
	struct fixup f;

	cs = spin_section();
	cs.start_ip -= 8;
	cs.post_commit_offset += 8;
	ASSERT_TRUE(trace_start(FIXUP));
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(SECTION_ABORTED, section_spin(&self->rs->rseq_cs, &cs));
		/* Cleared, which nobody tells */
		WRITE_ONCE(self->rs->rseq_cs, (uintptr_t)&cs);
		ASSERT_TRUE(get_preempted());
		ASSERT_EQ(0, READ_ONCE(self->rs->rseq_cs));
	}
	ASSERT_TRUE(trace_stop(FIXUP, self->lines, sizeof(self->lines)));
	for (int i = 0; i < ROUNDS; i++) {
		ASSERT_TRUE(next_fixup(&pos, &f));
		EXPECT_EQ((uintptr_t)spin_start, f.ip);
		EXPECT_EQ(cs.start_ip, f.start);
		EXPECT_EQ(cs.post_commit_offset, f.offset);
		EXPECT_EQ(cs.abort_ip, f.abort);
	}
	EXPECT_FALSE(next_fixup(&pos, &f));
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	if (!tracefs_enter())
		ksft_exit_skip("needs root and tracefs\n");
	return test_harness_run(argc, argv);
}
