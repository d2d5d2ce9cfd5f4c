// SPDX-License-Identifier: GPL-2.0
/* SIGSEGV for other reasons than rseq_cs: here a handler has its chance */

#include "rseq_abi.h"
#include "rseq_debugfs.h"

/* The CPU of the tests, which others are moved from */
static int last;

FIXTURE(handler)
{
	struct rseq *rs;
};

FIXTURE_VARIANT(handler)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(handler, legacy) { };
FIXTURE_VARIANT_ADD(handler, v2) { .v2 = true };

FIXTURE_SETUP(handler)
{
	if (last == 0)
		SKIP(return, "a single CPU never updates its ID");
	ASSERT_TRUE(pin_to(last));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, 0));
}

FIXTURE_TEARDOWN(handler)
{
}

#define FORGED	0x80000b0bu
#define STACK	65536

static struct rseq *damaged;
static __u32 intact;
static char *stack;

/* What the handler found, or how often it ran */
static struct {
	int times, code;
	__u32 id;
	void *address;
	bool on_stack;
} segv;

/*
 * Repairs all that can be wrong. Nothing that may fault comes before that but
 * a look at the ID, which is updated as soon as it can be.
 */
static void repair(int sig, siginfo_t *info, void *context)
{
	char here;

	(void)sig;
	(void)context;
	segv.id = READ_ONCE(damaged->cpu_id);
	mprotect(damaged, page_size(), PROT_READ | PROT_WRITE);
	if (segv.id != intact)
		WRITE_ONCE(damaged->cpu_id, intact);
	segv.times++;
	segv.code = info->si_code;
	segv.address = info->si_addr;
	segv.on_stack = &here > stack && &here < stack + STACK;
}

static void prepare_to_repair(struct rseq *rs)
{
	stack_t alternate = { .ss_size = STACK };

	stack = malloc(STACK);
	alternate.ss_sp = stack;
	FAIL_UNLESS(100, !sigaltstack(&alternate, NULL));
	FAIL_UNLESS(101, catch_signal(SIGSEGV, repair, SA_ONSTACK));
	damaged = rs;
	intact = READ_ONCE(rs->cpu_id);
}

/* Handled once, repaired, and the next update is as if nothing had happened */
static void expect_handled(struct rseq *rs, __u32 id)
{
	FAIL_UNLESS(1, segv.times == 1);
	FAIL_UNLESS(2, segv.code == SI_KERNEL && !segv.address);
	FAIL_UNLESS(3, segv.on_stack);
	/* The update was given up before it wrote anything. */
	FAIL_UNLESS(4, segv.id == id);
	FAIL_UNLESS(5, pin_to(last) && pin_to(0));
	FAIL_UNLESS(6, segv.times == 1);
	FAIL_UNLESS(7, READ_ONCE(rs->cpu_id) == 0);
}

static void forge_and_repair(void *arg)
{
	struct rseq *rs = arg;

	prepare_to_repair(rs);
	WRITE_ONCE(rs->cpu_id, FORGED);
	pin_to(0);
	expect_handled(rs, FORGED);
}

/* Legacy mode has nothing to complain about. */
TEST_F(handler, forged_id)
{
	int status;

	if (debug_mode())
		SKIP(return, "debug mode checks the IDs at every preemption");
	status = in_child(forge_and_repair, self->rs);
	EXPECT_EXITED(status, variant->v2 ? 0 : 1);
}

static void protect_and_repair(void *arg)
{
	struct rseq *rs = arg;

	prepare_to_repair(rs);
	mprotect(rs, page_size(), PROT_READ);
	pin_to(0);
	expect_handled(rs, intact);
}

/*
 * In legacy mode the IDs are to be written before the handler, the one of
 * SIGSEGV included. That fails again, and kills.
 */
TEST_F(handler, area_read_only)
{
	int status = in_child(protect_and_repair, self->rs);

	if (variant->v2)
		EXPECT_EXITED(status, 0);
	else
		EXPECT_KILLED(status, SIGSEGV);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	last = last_cpu();
	debugfs_claim();
	return test_harness_run(argc, argv);
}
