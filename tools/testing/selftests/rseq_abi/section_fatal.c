// SPDX-License-Identifier: GPL-2.0
/* What is fatal. The children are preempted by the contender of their parent. */

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

#define KERNEL_ADDRESS	0x8000000000000000ULL

static struct rseq_cs cs;

/* The CPU of the tests */
static int last;

FIXTURE(fatal)
{
	struct contender contender;
};

FIXTURE_VARIANT(fatal)
{
	/* Spoils the descriptor, or returns an address where there is none */
	__u64 (*spoil)(void);
	bool harmless, gone;
};

#define HANDLED	42

struct victim {
	struct rseq *rs;
	__u64 rseq_cs;
	void (*handler)(int sig, siginfo_t *info, void *context);
};

static __u64 spoil_nothing(void)
{
	return (uintptr_t)&cs;
}

static __u64 spoil_signature(void)
{
	cs.abort_ip = (uintptr_t)section_abort + sizeof(__u32);
	return (uintptr_t)&cs;
}

static __u64 spoil_abort_ip(__u64 abort_ip)
{
	cs.abort_ip = abort_ip;
	return (uintptr_t)&cs;
}

static __u64 abort_at_0(void)
{
	return spoil_abort_ip(0);
}

static __u64 abort_at_3(void)
{
	return spoil_abort_ip(3);
}

static __u64 abort_in_kernel(void)
{
	return spoil_abort_ip(KERNEL_ADDRESS | (uintptr_t)section_abort);
}

static __u64 abort_at_top(void)
{
	return spoil_abort_ip(~0ULL);
}

static __u64 abort_in_the_hole(void)
{
	return spoil_abort_ip(1ULL << 62);
}

/* The abort handler could be run, if it were not for the page before. */
static __u64 abort_behind_unreadable(int prot)
{
	char *pages = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(pages + page_size(), section_abort, section_abort_end - section_abort);
	if (prot < 0)
		munmap(pages, page_size());
	else
		mprotect(pages, page_size(), prot);
	return spoil_abort_ip((uintptr_t)pages + page_size());
}

static __u64 abort_behind_hole(void)
{
	return abort_behind_unreadable(-1);
}

static __u64 abort_behind_prot_none(void)
{
	return abort_behind_unreadable(PROT_NONE);
}

static __u64 descriptor_in_kernel(void)
{
	return KERNEL_ADDRESS | (uintptr_t)&cs;
}

static __u64 descriptor_at_top(void)
{
	return ~0ULL;
}

static __u64 descriptor_at_1(void)
{
	return 1;
}

static __u64 descriptor_unmapped(void)
{
	struct rseq_cs *page = (struct rseq_cs *)area_alloc();

	*page = cs;
	munmap(page, page_size());
	return (uintptr_t)page;
}

static __u64 descriptor_prot_none(void)
{
	struct rseq_cs *page = (struct rseq_cs *)area_alloc();

	*page = cs;
	mprotect(page, page_size(), PROT_NONE);
	return (uintptr_t)page;
}

/*
 * A descriptor of which only the first half is there, of a section that starts
 * in front of all code: debug mode need not look at the second half to see that
 * a thread, or its handler, is in front of its section.
 */
static __u64 descriptor_cut(void)
{
	char *pages = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *half = pages + page_size() - sizeof(cs) / 2;

	cs.start_ip = 1;
	memcpy(half, &cs, sizeof(cs));
	munmap(pages + page_size(), page_size());
	return (uintptr_t)half;
}

FIXTURE_VARIANT_ADD(fatal, nothing) { .spoil = spoil_nothing, .harmless = true };
FIXTURE_VARIANT_ADD(fatal, signature) { .spoil = spoil_signature };
FIXTURE_VARIANT_ADD(fatal, abort_at_0) { .spoil = abort_at_0 };
FIXTURE_VARIANT_ADD(fatal, abort_at_3) { .spoil = abort_at_3 };
FIXTURE_VARIANT_ADD(fatal, abort_in_kernel) { .spoil = abort_in_kernel };
FIXTURE_VARIANT_ADD(fatal, abort_at_top) { .spoil = abort_at_top };
FIXTURE_VARIANT_ADD(fatal, abort_in_the_hole) { .spoil = abort_in_the_hole };
FIXTURE_VARIANT_ADD(fatal, abort_behind_hole) { .spoil = abort_behind_hole };
FIXTURE_VARIANT_ADD(fatal, abort_behind_prot_none) { .spoil = abort_behind_prot_none };
FIXTURE_VARIANT_ADD(fatal, descriptor_in_kernel) { .spoil = descriptor_in_kernel, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_at_top) { .spoil = descriptor_at_top, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_at_1) { .spoil = descriptor_at_1, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_unmapped) { .spoil = descriptor_unmapped, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_prot_none) { .spoil = descriptor_prot_none, .gone = true };
FIXTURE_VARIANT_ADD(fatal, descriptor_cut) { .spoil = descriptor_cut, .gone = true };

FIXTURE_SETUP(fatal)
{
	ASSERT_TRUE(pin_to(last));
	ASSERT_TRUE(contender_start(&self->contender, 0));
}

FIXTURE_TEARDOWN(fatal)
{
	contender_stop(&self->contender);
}

static void handler_exits(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	/* By force of the kernel, at the instruction that was interrupted */
	if (info->si_code == SI_KERNEL && CONTEXT_IP(context) == (uintptr_t)spin_start)
		_exit(HANDLED);
}

static void handler_returns(int sig, siginfo_t *info, void *context)
{
	leave_spin(sig, info, context);
}

static void spin_spoiled(void *arg)
{
	const struct rseq_cs *spoiled;
	struct victim *v = arg;

	spoiled = (const struct rseq_cs *)(uintptr_t)v->rseq_cs;
	if (v->handler)
		FAIL_UNLESS(100, catch_signal(SIGSEGV, v->handler, 0));
	_exit(section_spin(&v->rs->rseq_cs, spoiled));
}

/* Spoiled last, so that nothing takes the place of what is unmapped by that */
static int spoiled_status(__u64 (*spoil)(void), bool v2,
			  void (*handler)(int sig, siginfo_t *info, void *context))
{
	struct victim victim = { .rs = area_alloc(), .handler = handler };
	int status;

	if (register_mode(victim.rs, v2, 0))
		return -1;
	cs = spin_section();
	victim.rseq_cs = spoil();
	status = in_child(spin_spoiled, &victim);
	unregister(victim.rs, mode_len(v2));
	return status;
}

static void expect_fatal(struct __test_metadata *_metadata, bool harmless, int status)
{
	if (harmless)
		EXPECT_EXITED(status, SECTION_ABORTED);
	else
		EXPECT_KILLED(status, SIGSEGV);
}

TEST_F(fatal, without_handler)
{
	for (int v2 = 0; v2 < 2; v2++) {
		expect_fatal(_metadata, variant->harmless,
			     spoiled_status(variant->spoil, v2, NULL));
	}
}

/*
 * The delivery of a signal evaluates what was interrupted, SIGSEGV included,
 * and fails for the same reason. A handler only puts the end off:
 *
 *	way out to user			delivery of SIGSEGV
 *	evaluation fails
 *	force SIGSEGV		--->	there is a handler
 *					evaluation fails
 *					force SIGSEGV, with no handler any more
 *					go to the handler, SIGSEGV is blocked
 *					...
 *					the handler returns, SIGSEGV is not blocked
 *					dies
 */
TEST_F(fatal, handler_returns)
{
	for (int v2 = 0; v2 < 2; v2++) {
		expect_fatal(_metadata, variant->harmless,
			     spoiled_status(variant->spoil, v2, handler_returns));
	}
}

/*
 * The handler is outside of the section. Where there is a descriptor to tell
 * that, rseq_cs is cleared. Legacy mode evaluates it before the handler.
 */
TEST_F(fatal, handler_exits)
{
	for (int v2 = 0; v2 < 2; v2++) {
		int status;

		/* Fatal again as soon as there is another preemption */
		if (v2 && variant->gone)
			continue;
		status = spoiled_status(variant->spoil, v2, handler_exits);
		if (variant->gone)
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, variant->harmless ? SECTION_ABORTED : HANDLED);
	}
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	last = last_cpu();
	debugfs_claim();
	return test_harness_run(argc, argv);
}
