// SPDX-License-Identifier: GPL-2.0
/* Debug mode: who leaves a wrong word behind within a grant is killed. */

#include "debugfs.h"

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

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	if (access(DEBUG_FILE, W_OK))
		ksft_exit_skip("needs root and debugfs\n");
	return test_harness_run(argc, argv);
}
