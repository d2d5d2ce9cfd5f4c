// SPDX-License-Identifier: GPL-2.0
/* rseq(2): what it accepts, and what it refuses */

#include <stddef.h>
#include <sys/auxv.h>

#include <linux/auxvec.h>
#include <linux/ptrace.h>

#include "rseq_abi.h"
#include "ids.h"
#include "rseq_debugfs.h"

#define FILLER		0xa5
#define FILLER32	0xa5a5a5a5u

FIXTURE(registration)
{
	struct rseq *rs;
	struct contender contender;
};

FIXTURE_SETUP(registration)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	memset(self->rs, FILLER, page_size());
}

FIXTURE_TEARDOWN(registration)
{
}

TEST_F(registration, auxiliary_vector)
{
	unsigned long align = getauxval(AT_RSEQ_ALIGN);

	ASSERT_GT(feature_size(), LEGACY_LEN);
	EXPECT_GE(align, feature_size());
	EXPECT_LT(align / 2, feature_size());
	EXPECT_EQ(0, align & (align - 1));
}

TEST_F(registration, unknown_flags)
{
	for (int bit = 2; bit < 32; bit++) {
		EXPECT_EQ(EINVAL, error_of(register_v2(self->rs, 1u << bit)))
			TH_LOG("bit %d", bit);
	}
	EXPECT_EQ(EINVAL, error_of(register_v2(self->rs, FLAG_DEFAULT_ON | 4)));
	EXPECT_EQ(EINVAL, error_of(register_v2(self->rs, -1)));
}

TEST_F(registration, length_too_short)
{
	static const unsigned int lens[] = { 0, 1, 20, 28, 31 };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++)
		EXPECT_EQ(EINVAL, error_of(sys_rseq(self->rs, lens[i], 0, AREA_SIG)));
	for (unsigned int len = LEGACY_LEN + 1; len < feature_size(); len++)
		EXPECT_EQ(EINVAL, error_of(sys_rseq(self->rs, len, 0, AREA_SIG)));
}

TEST_F(registration, length_good)
{
	unsigned int feature = feature_size();
	unsigned int lens[] = {
		LEGACY_LEN, feature, feature + 1, sizeof(struct rseq), 64, 4096,
		1 << 20, ~0u,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(0, sys_rseq(self->rs, lens[i], 0, AREA_SIG))
			TH_LOG("length %u", lens[i]);
		ASSERT_EQ(0, unregister(self->rs, lens[i]));
	}
}

TEST_F(registration, alignment)
{
	unsigned long align = getauxval(AT_RSEQ_ALIGN);
	char *page = (char *)self->rs;
	struct rseq *rs;

	for (unsigned long off = 1; off < LEGACY_LEN; off++) {
		rs = (struct rseq *)(page + off);
		EXPECT_EQ(EINVAL, error_of(register_legacy(rs, 0)));
	}
	for (unsigned long off = 1; off < align; off++) {
		rs = (struct rseq *)(page + off);
		EXPECT_EQ(EINVAL, error_of(register_v2(rs, 0)));
	}

	rs = (struct rseq *)(page + LEGACY_LEN);
	ASSERT_EQ(0, register_legacy(rs, 0));
	ASSERT_EQ(0, unregister(rs, LEGACY_LEN));
	rs = (struct rseq *)(page + align);
	ASSERT_EQ(0, register_v2(rs, 0));
	ASSERT_EQ(0, unregister(rs, v2_len()));
}

/* Refused for its address, in both modes, and not registered by accident */
static void expect_fault(struct __test_metadata *_metadata, void *area)
{
	unsigned int lens[] = { LEGACY_LEN, v2_len() };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		EXPECT_EQ(EFAULT, error_of(sys_rseq(area, lens[i], 0, AREA_SIG)))
			TH_LOG("%p, length %u", area, lens[i]);
		EXPECT_EQ(EINVAL, error_of(unregister(area, lens[i])));
	}
}

TEST_F(registration, address_invalid)
{
	expect_fault(_metadata, NULL);
	expect_fault(_metadata, (void *)-4096L);
	expect_fault(_metadata, (void *)(1UL << 63));
	expect_fault(_metadata, (void *)(1UL << 62));
}

TEST_F(registration, address_unmapped)
{
	ASSERT_EQ(0, munmap(self->rs, page_size()));
	expect_fault(_metadata, self->rs);
}

TEST_F(registration, address_read_only)
{
	ASSERT_EQ(0, mprotect(self->rs, page_size(), PROT_READ));
	expect_fault(_metadata, self->rs);
	EXPECT_EQ(FILLER32, self->rs->cpu_id);
}

/* The last page but one of the user address space, wherever that ends */
static struct rseq *highest_area(void)
{
	size_t size = page_size();

	for (int bits = 57; bits > 36; bits--) {
		void *hint = (void *)((1UL << bits) - 4 * size);
		void *area = mmap(hint, size, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (area != MAP_FAILED)
			return area;
		if (errno == EEXIST)
			return NULL;
	}
	return NULL;
}

TEST_F(registration, length_into_kernel_space)
{
	struct rseq *rs = highest_area();

	if (!rs)
		SKIP(return, "no page to be had at the end of the address space");
	EXPECT_EQ(EFAULT, error_of(sys_rseq(rs, ~0u, 0, AREA_SIG)));
	EXPECT_EQ(EINVAL, error_of(unregister(rs, ~0u)));
	ASSERT_EQ(0, register_v2(rs, 0));
	ASSERT_EQ(0, unregister(rs, v2_len()));
}

/* Length, flags and signature are 32 bits wide, whatever the register holds. */
TEST_F(registration, upper_halves_ignored)
{
	unsigned long junk = 0xdeadUL << 32;

	if (sizeof(long) == 4)
		SKIP(return, "no upper halves");
	ASSERT_EQ(0, syscall(__NR_rseq, self->rs, junk | LEGACY_LEN, junk, junk | AREA_SIG));
	EXPECT_EQ(EBUSY, error_of(register_legacy(self->rs, 0)));
	ASSERT_EQ(0, syscall(__NR_rseq, self->rs, junk | LEGACY_LEN,
			     junk | RSEQ_FLAG_UNREGISTER, junk | AREA_SIG));
}

TEST_F(registration, unregister_errors)
{
	struct rseq *rs = self->rs, *other = area_alloc();
	unsigned int len = v2_len();

	EXPECT_EQ(EINVAL, error_of(unregister(rs, len)));
	EXPECT_EQ(EINVAL, error_of(unregister(NULL, len)));
	EXPECT_EQ(EINVAL, error_of(unregister(NULL, 0)));

	ASSERT_EQ(0, register_v2(rs, 0));
	for (int bit = 1; bit < 32; bit++) {
		int flags = RSEQ_FLAG_UNREGISTER | 1u << bit;

		EXPECT_EQ(EINVAL, error_of(sys_rseq(rs, len, flags, AREA_SIG)));
	}
	EXPECT_EQ(EINVAL, error_of(unregister(other, len)));
	EXPECT_EQ(EINVAL, error_of(unregister(NULL, len)));
	EXPECT_EQ(EINVAL, error_of(unregister(rs, len + 1)));
	EXPECT_EQ(EINVAL, error_of(unregister(rs, LEGACY_LEN)));
	EXPECT_EQ(EPERM, error_of(sys_rseq(rs, len, RSEQ_FLAG_UNREGISTER, ~AREA_SIG)));
	/* The area is looked at before the signature. */
	EXPECT_EQ(EINVAL, error_of(sys_rseq(rs, LEGACY_LEN, RSEQ_FLAG_UNREGISTER, ~AREA_SIG)));

	EXPECT_EQ(0, unregister(rs, len));
	EXPECT_EQ(EINVAL, error_of(unregister(rs, len)));
}

TEST_F(registration, reregister_errors)
{
	struct rseq *rs = self->rs, *other = area_alloc();
	unsigned int len = v2_len();

	ASSERT_EQ(0, register_v2(rs, 0));
	EXPECT_EQ(EBUSY, error_of(register_v2(rs, 0)));
	EXPECT_EQ(EBUSY, error_of(register_v2(rs, FLAG_DEFAULT_ON)));
	EXPECT_EQ(expected_flags(FLAG_AVAILABLE), area_flags(rs));
	EXPECT_EQ(EINVAL, error_of(register_v2(rs, 4)));
	EXPECT_EQ(EINVAL, error_of(register_v2(other, 0)));
	EXPECT_EQ(EINVAL, error_of(register_v2(NULL, 0)));
	EXPECT_EQ(EINVAL, error_of(register_legacy(rs, 0)));
	EXPECT_EQ(EINVAL, error_of(sys_rseq(rs, len + 1, 0, AREA_SIG)));
	EXPECT_EQ(EINVAL, error_of(sys_rseq(rs, 0, 0, AREA_SIG)));
	EXPECT_EQ(EPERM, error_of(sys_rseq(rs, len, 0, ~AREA_SIG)));
	EXPECT_EQ(EINVAL, error_of(sys_rseq(other, len, 0, ~AREA_SIG)));
	EXPECT_EQ(0, unregister(rs, len));
}

TEST_F(registration, again_after_unregister)
{
	struct rseq *other = area_alloc();

	ASSERT_EQ(0, register_v2(self->rs, FLAG_DEFAULT_ON));
	ASSERT_EQ(0, unregister(self->rs, v2_len()));
	EXPECT_FALSE(slices_enabled());

	ASSERT_EQ(0, sys_rseq(other, LEGACY_LEN, 0, ~AREA_SIG));
	ASSERT_EQ(0, sys_rseq(other, LEGACY_LEN, RSEQ_FLAG_UNREGISTER, ~AREA_SIG));

	ASSERT_EQ(0, register_v2(self->rs, 0));
	EXPECT_FALSE(slices_enabled());
	EXPECT_EQ(expected_flags(FLAG_AVAILABLE), area_flags(self->rs));
}

TEST_F(registration, ids_follow_the_cpu)
{
	int last = last_cpu();

	for (int round = 0; round < 2; round++) {
		ASSERT_EQ(0, register_mode(self->rs, round, 0));
		for (int cpu = 0; cpu <= last; cpu++) {
			if (pin_to(cpu))
				expect_ids(_metadata, self->rs, cpu);
		}
		ASSERT_EQ(0, unregister(self->rs, mode_len(round)));
	}
}

/* An address left over from an earlier life would be fatal if it were kept. */
TEST_F(registration, stale_critical_section)
{
	unsigned int lens[] = { LEGACY_LEN, v2_len() };

	ASSERT_TRUE(contender_start(&self->contender, 0));
	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		self->rs->rseq_cs = ~0ULL;
		ASSERT_EQ(0, sys_rseq(self->rs, lens[i], 0, AREA_SIG));
		EXPECT_EQ(0, self->rs->rseq_cs);
		EXPECT_TRUE(get_preempted());
		ASSERT_EQ(0, unregister(self->rs, lens[i]));
	}
	contender_stop(&self->contender);
}

TEST_F(registration, unregister_resets)
{
	struct rseq *rs = self->rs;
	unsigned int lens[] = { LEGACY_LEN, v2_len() };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		unsigned int flags;

		ASSERT_EQ(0, sys_rseq(rs, lens[i], FLAG_DEFAULT_ON, AREA_SIG));
		flags = area_flags(rs);
		ASSERT_EQ(0, unregister(rs, lens[i]));
		EXPECT_EQ(0, rs->cpu_id_start);
		EXPECT_EQ((__u32)RSEQ_CPU_ID_UNINITIALIZED, rs->cpu_id);
		EXPECT_EQ(0, rs->node_id);
		EXPECT_EQ(0, rs->mm_cid);
		/* What is not an ID stays as it was. */
		EXPECT_EQ(flags, rs->flags);
	}
}

/* A child that registers an area of @len, if any, and stops for its parent */
static pid_t stopped_child(struct rseq *rs, unsigned int len)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		syscall(__NR_ptrace, PTRACE_TRACEME, 0, 0, 0);
		if (len)
			sys_rseq(rs, len, FLAG_DEFAULT_ON, AREA_SIG);
		raise(SIGSTOP);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return -1;
	return pid;
}

static long get_configuration(pid_t pid, unsigned long size, void *conf)
{
	return syscall(__NR_ptrace, PTRACE_GET_RSEQ_CONFIGURATION, pid, size, conf);
}

TEST_F(registration, seen_by_ptrace)
{
	unsigned int lens[] = { 0, LEGACY_LEN, v2_len(), 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		struct ptrace_rseq_configuration conf;
		pid_t pid = stopped_child(self->rs, lens[i]);

		ASSERT_GT(pid, 0);
		memset(&conf, FILLER, sizeof(conf));
		EXPECT_EQ(sizeof(conf), get_configuration(pid, sizeof(conf), &conf));
		EXPECT_EQ(lens[i] ? (uintptr_t)self->rs : 0, conf.rseq_abi_pointer);
		EXPECT_EQ(lens[i], conf.rseq_abi_size);
		EXPECT_EQ(lens[i] ? AREA_SIG : 0, conf.signature);
		EXPECT_EQ(0, conf.flags);
		EXPECT_EQ(0, conf.pad);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* No more is written than there is room for, and the answer is the full size. */
TEST_F(registration, seen_by_ptrace_in_part)
{
	struct ptrace_rseq_configuration conf[2];
	size_t size = offsetof(struct ptrace_rseq_configuration, signature);
	pid_t pid = stopped_child(self->rs, LEGACY_LEN);

	ASSERT_GT(pid, 0);
	memset(conf, FILLER, sizeof(conf));
	EXPECT_EQ(sizeof(conf[0]), get_configuration(pid, 0, conf));
	EXPECT_EQ(FILLER32, (__u32)conf[0].rseq_abi_pointer);
	EXPECT_EQ(sizeof(conf[0]), get_configuration(pid, size, conf));
	EXPECT_EQ((uintptr_t)self->rs, conf[0].rseq_abi_pointer);
	EXPECT_EQ(LEGACY_LEN, conf[0].rseq_abi_size);
	EXPECT_EQ(FILLER32, conf[0].signature);
	EXPECT_EQ(sizeof(conf[0]), get_configuration(pid, sizeof(conf), conf));
	EXPECT_EQ(AREA_SIG, conf[0].signature);
	EXPECT_EQ(FILLER32, conf[1].rseq_abi_size);

	EXPECT_EQ(EFAULT, error_of(get_configuration(pid, sizeof(conf[0]), NULL)));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	debugfs_claim();
	return test_harness_run(argc, argv);
}
