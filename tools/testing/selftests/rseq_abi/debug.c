// SPDX-License-Identifier: GPL-2.0
/*
 * Debug mode: who leaves a wrong word behind within a grant is killed, and who
 * announces a critical section that is not quite right, or leaves it in a
 * wrong way, or writes to an ID.
 */

#include "rseq_abi.h"
#include "rseq_debugfs.h"
#include "section.h"

/* The control word */

FIXTURE(word)
{
	struct rseq *rs;
	struct contender contender;
};

FIXTURE_VARIANT(word)
{
	const char *debug;
};

FIXTURE_VARIANT_ADD(word, debug) { .debug = "1" };
FIXTURE_VARIANT_ADD(word, tolerant) { .debug = "0" };

FIXTURE_SETUP(word)
{
	if (slice_support() != SLICE_ON)
		SKIP(return, "no slices");
	ASSERT_EQ(0, write_string(DEBUG_FILE, variant->debug));
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(contender_start(&self->contender, 100000));
}

FIXTURE_TEARDOWN(word)
{
	contender_stop(&self->contender);
}

#define TRIES	50

static void well_behaved(void *arg)
{
	struct rseq *rs = arg;

	for (int i = 0; i < TRIES; i++) {
		obtain_grant(rs);
		slice_yield();
		obtain_grant(rs);
		syscall(__NR_getppid);
		/* granted while the request is being withdrawn */
		set_request(rs, 1);
		spin_while(rs, REQUESTED, loops_in(NSEC_PER_MSEC / 10));
		set_request(rs, 0);
		slice_yield();
	}
}

static void nested_request(void *arg)
{
	struct rseq *rs = arg;

	for (int i = 0; i < TRIES; i++) {
		obtain_grant(rs);
		set_request(rs, 1);
		syscall(__NR_getppid);
	}
}

static void cleared_grant(void *arg)
{
	struct rseq *rs = arg;

	for (int i = 0; i < TRIES; i++) {
		obtain_grant(rs);
		set_word(rs, 0);
		slice_yield();
	}
}

static void reserved_bits(void *arg)
{
	struct rseq *rs = arg;

	for (int i = 0; i < TRIES; i++) {
		request_grant(rs, word_of(1, 0, 1), word_of(0, 1, 1));
		syscall(__NR_getppid);
	}
}

TEST_F(word, well_behaved)
{
	EXPECT_EXITED(in_child(well_behaved, self->rs), 0);
}

#define EXPECT_CAUGHT(debug, status) do {				\
	int _status = (status);						\
	if (*(debug) == '1')						\
		EXPECT_KILLED(_status, SIGSEGV);			\
	else								\
		EXPECT_EXITED(_status, 0);				\
} while (0)

TEST_F(word, nested_request)
{
	EXPECT_CAUGHT(variant->debug, in_child(nested_request, self->rs));
}

TEST_F(word, cleared_grant)
{
	EXPECT_CAUGHT(variant->debug, in_child(cleared_grant, self->rs));
}

TEST_F(word, reserved_bits)
{
	EXPECT_CAUGHT(variant->debug, in_child(reserved_bits, self->rs));
}

/*
 * Descriptors. The children are preempted by the contender of their parent;
 * each exits with what its section returned, if it lives.
 */

FIXTURE(descriptor)
{
	struct contender contender;
};

FIXTURE_VARIANT(descriptor)
{
	/* Makes of a sound descriptor what the variant is named for */
	void (*make)(struct rseq_cs *cs);
	enum { UNSOUND, FATAL, SOUND } is;
};

static struct rseq_cs cs;

static void make_sound(struct rseq_cs *cs)
{
	(void)cs;
}

static void make_version(struct rseq_cs *cs)
{
	cs->version = 1;
}

static void make_flag(struct rseq_cs *cs)
{
	cs->flags = RSEQ_CS_FLAG_NO_RESTART_ON_PREEMPT;
}

static void make_last_flag(struct rseq_cs *cs)
{
	cs->flags = 1u << 31;
}

/* Around the end of the address space to the spinner */
static void make_start_in_kernel(struct rseq_cs *cs)
{
	cs->start_ip = -4096ULL;
	cs->post_commit_offset = (uintptr_t)spin_end + 4096;
}

static void make_end_in_kernel(struct rseq_cs *cs)
{
	cs->post_commit_offset = 1ULL << 63;
}

static void make_end_wrap(struct rseq_cs *cs)
{
	cs->post_commit_offset = ~0ULL;
}

static void make_abort_inside(struct rseq_cs *cs)
{
	cs->post_commit_offset = section_abort + 1 - spin_start;
}

/* The signature is part of the section, the handler is not. */
static void make_abort_at_end(struct rseq_cs *cs)
{
	cs->post_commit_offset = section_abort - spin_start;
}

static void make_abort_in_kernel(struct rseq_cs *cs)
{
	cs->abort_ip |= 1ULL << 63;
}

static void make_abort_at_3(struct rseq_cs *cs)
{
	cs->abort_ip = 3;
}

static void make_signature_wrong(struct rseq_cs *cs)
{
	cs->abort_ip = (uintptr_t)section_abort_end;
}

FIXTURE_VARIANT_ADD(descriptor, sound) { make_sound, SOUND };
FIXTURE_VARIANT_ADD(descriptor, abort_at_end) { make_abort_at_end, SOUND };
FIXTURE_VARIANT_ADD(descriptor, version) { .make = make_version };
FIXTURE_VARIANT_ADD(descriptor, flag) { .make = make_flag };
FIXTURE_VARIANT_ADD(descriptor, last_flag) { .make = make_last_flag };
FIXTURE_VARIANT_ADD(descriptor, start_in_kernel) { .make = make_start_in_kernel };
FIXTURE_VARIANT_ADD(descriptor, end_in_kernel) { .make = make_end_in_kernel };
FIXTURE_VARIANT_ADD(descriptor, end_wraps) { .make = make_end_wrap };
FIXTURE_VARIANT_ADD(descriptor, abort_inside) { .make = make_abort_inside };
FIXTURE_VARIANT_ADD(descriptor, abort_in_kernel) { make_abort_in_kernel, FATAL };
FIXTURE_VARIANT_ADD(descriptor, abort_at_3) { make_abort_at_3, FATAL };
FIXTURE_VARIANT_ADD(descriptor, signature) { make_signature_wrong, FATAL };

FIXTURE_SETUP(descriptor)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_TRUE(contender_start(&self->contender, 0));
}

FIXTURE_TEARDOWN(descriptor)
{
	contender_stop(&self->contender);
}

static void exit_with_result(void *arg)
{
	struct rseq *rs = arg;

	_exit(section_spin(&rs->rseq_cs, &cs));
}

/* The status of a child in the given mode that runs @fn with the area */
static int status_of(void (*fn)(void *rs), bool v2)
{
	struct rseq *rs = area_alloc();
	int status;

	if (!rs || register_mode(rs, v2, 0))
		return -1;
	status = in_child(fn, rs);
	unregister(rs, mode_len(v2));
	return status;
}

static void expect_result(struct __test_metadata *_metadata, bool fatal,
			  void (*make)(struct rseq_cs *cs))
{
	cs = spin_section();
	make(&cs);
	for (int v2 = 0; v2 < 2; v2++) {
		int status = status_of(exit_with_result, v2);

		if (fatal)
			EXPECT_KILLED(status, SIGSEGV);
		else
			EXPECT_EXITED(status, SECTION_ABORTED);
	}
}

TEST_F(descriptor, debug)
{
	ASSERT_EQ(0, write_string(DEBUG_FILE, "1"));
	expect_result(_metadata, variant->is != SOUND, variant->make);
}

TEST_F(descriptor, tolerant)
{
	ASSERT_EQ(0, write_string(DEBUG_FILE, "0"));
	expect_result(_metadata, variant->is == FATAL, variant->make);
}

/* System calls. Nobody contends for the CPU, nothing but the call is at work. */

FIXTURE(syscall)
{
	int unused;
};

FIXTURE_VARIANT(syscall)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(syscall, legacy) { };
FIXTURE_VARIANT_ADD(syscall, v2) { .v2 = true };

FIXTURE_SETUP(syscall)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_EQ(0, write_string(DEBUG_FILE, "1"));
	cs = spin_section();
}

FIXTURE_TEARDOWN(syscall)
{
}

static void call_inside(void *arg)
{
	struct rseq *rs = arg;

	cs = call_section();
	_exit(section_call(&rs->rseq_cs, &cs, __NR_getppid, NULL, NULL));
}

TEST_F(syscall, inside)
{
	EXPECT_KILLED(status_of(call_inside, variant->v2), SIGSEGV);
}

/* The instruction behind the call is what counts, and that is outside. */
static void call_last(void *arg)
{
	struct rseq *rs = arg;

	cs = section_between(call_start, call_return);
	FAIL_UNLESS(1, section_call(&rs->rseq_cs, &cs, __NR_getppid, NULL, NULL) == SECTION_LEFT);
	FAIL_UNLESS(2, !READ_ONCE(rs->rseq_cs));
}

TEST_F(syscall, last_instruction)
{
	EXPECT_EXITED(status_of(call_last, variant->v2), 0);
}

static void call_outside(void *arg)
{
	struct rseq *rs = arg;

	WRITE_ONCE(rs->rseq_cs, (uintptr_t)&cs);
	syscall(__NR_getppid);
	_exit(READ_ONCE(rs->rseq_cs) != 0);
}

TEST_F(syscall, outside)
{
	EXPECT_EXITED(status_of(call_outside, variant->v2), 0);
}

/* What is only of interest inside is not looked at outside. */
TEST_F(syscall, outside_with_bad_descriptor)
{
	cs.version = 1;
	cs.flags = ~0u;
	cs.abort_ip = ~0ULL;
	EXPECT_EXITED(status_of(call_outside, variant->v2), 0);
	/* From the start to the end of the section is not known to be good. */
	cs.start_ip = 1;
	cs.post_commit_offset = ~0ULL;
	EXPECT_KILLED(status_of(call_outside, variant->v2), SIGSEGV);
	cs.start_ip = 1ULL << 63;
	cs.post_commit_offset = 1;
	EXPECT_KILLED(status_of(call_outside, variant->v2), SIGSEGV);
}

static __u64 bad_address;

static void call_with_bad_rseq_cs(void *arg)
{
	struct rseq *rs = arg;

	WRITE_ONCE(rs->rseq_cs, bad_address);
	syscall(__NR_getppid);
}

TEST_F(syscall, bad_rseq_cs)
{
	struct rseq *unmapped = area_alloc();

	bad_address = 1;
	EXPECT_KILLED(status_of(call_with_bad_rseq_cs, variant->v2), SIGSEGV);
	bad_address = ~0ULL;
	EXPECT_KILLED(status_of(call_with_bad_rseq_cs, variant->v2), SIGSEGV);
	bad_address = 1ULL << 63;
	EXPECT_KILLED(status_of(call_with_bad_rseq_cs, variant->v2), SIGSEGV);
	ASSERT_EQ(0, mprotect(unmapped, page_size(), PROT_NONE));
	bad_address = (uintptr_t)unmapped;
	EXPECT_KILLED(status_of(call_with_bad_rseq_cs, variant->v2), SIGSEGV);
}

/* The descriptor, of which only the first @size bytes are there */
static __u64 cut_off(size_t size)
{
	char *page = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = page + page_size();

	if (page == MAP_FAILED || munmap(end, page_size()))
		return 0;
	memcpy(end - size, &cs, size);
	return (uintptr_t)(end - size);
}

static void call_with_rseq_cs(void *arg)
{
	struct rseq *rs = arg;

	WRITE_ONCE(rs->rseq_cs, bad_address);
	syscall(__NR_getppid);
	_exit(READ_ONCE(rs->rseq_cs) != 0);
}

/* A thread in front of the section needs to know its start, one behind it also its end. */
TEST_F(syscall, outside_with_cut_off_descriptor)
{
	const size_t start = offsetof(struct rseq_cs, post_commit_offset);
	const size_t end = offsetof(struct rseq_cs, abort_ip);

	/* No code is behind the stack. */
	cs.start_ip = (uintptr_t)__builtin_frame_address(0);
	bad_address = cut_off(start);
	ASSERT_NE(0, bad_address);
	EXPECT_EXITED(status_of(call_with_rseq_cs, variant->v2), 0);

	cs.start_ip = 1;
	cs.post_commit_offset = 1;
	bad_address = cut_off(end);
	ASSERT_NE(0, bad_address);
	EXPECT_EXITED(status_of(call_with_rseq_cs, variant->v2), 0);

	bad_address = cut_off(start);
	EXPECT_KILLED(status_of(call_with_rseq_cs, variant->v2), SIGSEGV);
	bad_address = cut_off(start - 1);
	EXPECT_KILLED(status_of(call_with_rseq_cs, variant->v2), SIGSEGV);
	cs.post_commit_offset = (uintptr_t)__builtin_frame_address(0);
	bad_address = cut_off(end);
	EXPECT_KILLED(status_of(call_with_rseq_cs, variant->v2), SIGSEGV);
}

static struct rseq *entered;

/* Back to where the signal came, which is a section by then */
static void enter_by_return(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	cs.start_ip = CONTEXT_IP(context);
	cs.post_commit_offset = 1;
	WRITE_ONCE(entered->rseq_cs, (uintptr_t)&cs);
}

static void get_signal(void *arg)
{
	entered = arg;
	FAIL_UNLESS(100, catch_signal(SIGUSR1, enter_by_return, 0));
	raise(SIGUSR1);
	WRITE_ONCE(entered->rseq_cs, 0);
}

/* The way into the section was a system call, that of the signal's return. */
TEST_F(syscall, sigreturn_into_section)
{
	EXPECT_KILLED(status_of(get_signal, variant->v2), SIGSEGV);
}

/* IDs: those of legacy mode are read-only as well */

#define FORGED	0x80000b0bu

static int field;

static void forge_and_sleep(void *arg)
{
	struct rseq *rs = arg;
	__u32 *ids[] = { &rs->cpu_id_start, &rs->cpu_id, &rs->node_id, &rs->mm_cid };

	WRITE_ONCE(*ids[field], FORGED);
	usleep(1000);
	FAIL_UNLESS(1, READ_ONCE(*ids[field]) != FORGED);
}

TEST(forged_ids_in_legacy_mode)
{
	for (field = 0; field < 4; field++) {
		ASSERT_EQ(0, write_string(DEBUG_FILE, "1"));
		EXPECT_KILLED(status_of(forge_and_sleep, false), SIGSEGV);
		ASSERT_EQ(0, write_string(DEBUG_FILE, "0"));
		EXPECT_EXITED(status_of(forge_and_sleep, false), 0);
	}
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	longest_grants();
	if (access(DEBUG_FILE, W_OK))
		ksft_exit_skip("needs root and debugfs\n");
	return test_harness_run(argc, argv);
}
