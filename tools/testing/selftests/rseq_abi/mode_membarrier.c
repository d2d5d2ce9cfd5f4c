// SPDX-License-Identifier: GPL-2.0
/* Row 4 of the table of modes: membarrier */

#include <linux/membarrier.h>

#include "mode.h"
#include "rseq_debugfs.h"

/* No kernel writes this into the last bytes. */
#define OWN_DATA	0xc0ffee11u

struct barrier_sender {
	pthread_t thread;
	struct rseq *rs;
	bool stop;
};

static void *send_barriers(void *arg)
{
	struct barrier_sender *sender = arg;

	if (!pin_to(0))
		return arg;
	while (!READ_ONCE(sender->stop)) {
		if (READ_ONCE(sender->rs->rseq_cs))
			syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
	}
	return NULL;
}

/* What a thread finds after its section was aborted */
struct aftermath {
	long ret;
	__u32 id, word;
	bool switched;
};

static struct aftermath interrupted_section(const struct member *m, __u32 forged)
{
	struct aftermath seen = { };
	__u32 genuine = READ_ONCE(*id_field(m));
	long switches = context_switches();

	set_word(m->rs, OWN_DATA);
	WRITE_ONCE(*id_field(m), forged);
	seen.ret = section_spin(&m->rs->rseq_cs, &cs);
	seen.id = READ_ONCE(*id_field(m));
	seen.word = word(m->rs);
	WRITE_ONCE(*id_field(m), genuine);
	seen.switched = context_switches() != switches;
	return seen;
}

/* By membarrier and not by a context switch that happened to come first */
TEST_F(mode, membarrier)
{
	struct barrier_sender sender = { .rs = self->rs };
	struct aftermath seen;
	long long start;
	__u32 genuine;

	if (last_cpu() == 0)
		SKIP(return, "needs two CPUs");
	if (syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0))
		SKIP(return, "no membarrier");
	/* Nothing is granted to a word that is no request. */
	if (slices_enabled())
		ASSERT_EQ(0, slice_set(0));
	ASSERT_EQ(0, pthread_create(&sender.thread, NULL, send_barriers, &sender));
	/* With the second thread there and its concurrency ID assigned */
	usleep(1000);

	for (member.field = 0; member.field < NR_IDS; member.field++) {
		genuine = READ_ONCE(*id_field(&member));
		start = now();
		do {
			seen = interrupted_section(&member, debug_mode() ? genuine : FORGED);
			ASSERT_EQ(SECTION_ABORTED, seen.ret);
		} while (seen.switched && now() - start < PATIENCE);
		ASSERT_FALSE(seen.switched);
		EXPECT_EQ(variant->v2 && !debug_mode() ? FORGED : genuine, seen.id);
		EXPECT_EQ(variant->v2 && slice_support() == SLICE_ON ? 0 : OWN_DATA, seen.word);
	}
	WRITE_ONCE(sender.stop, true);
	pthread_join(sender.thread, NULL);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
