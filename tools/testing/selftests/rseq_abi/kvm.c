// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that runs a guest: what happens to it while the guest runs shows in
 * its area when it is back in user space, and the call ends a grant
 *
 * The guest counts down, then writes to a device that nobody emulates, which
 * brings the thread back, over and over.
 */

#include <linux/kvm.h>
#include <sys/ioctl.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define DURATION	(2 * NSEC_PER_SEC)
#define WAKEUP_NSEC	100000
#define FEWEST		20	/* On the slowest kernel */

#define CODE_ADDRESS	0x10000UL
#define DEVICE_ADDRESS	0x10000000UL

struct guest {
	int vcpu;
	struct kvm_run *run;
};

#if defined(__x86_64__)

static const __u8 guest_code[] = {
	0xb9, 0x00, 0x10,	/* 1:	mov	$0x1000, %cx */
	0xe2, 0xfe,		/* 2:	loop	2b */
	0xe6, 0x10,		/*	out	%al, $0x10 */
	0xeb, 0xf7,		/*	jmp	1b */
};

#define DEVICE_EXIT	KVM_EXIT_IO

static bool vcpu_setup(int vm, int vcpu)
{
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;

	(void)vm;
	if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
		return false;
	sregs.cs.base = CODE_ADDRESS;
	sregs.cs.selector = CODE_ADDRESS >> 4;
	return !ioctl(vcpu, KVM_SET_SREGS, &sregs) && !ioctl(vcpu, KVM_SET_REGS, &regs);
}

#elif defined(__aarch64__)

static const __u32 guest_code[] = {
	0xd2820002,		/* 1:	mov	x2, #0x1000 */
	0xf1000442,		/* 2:	subs	x2, x2, #1 */
	0x54ffffe1,		/*	b.ne	2b */
	0xf9000022,		/*	str	x2, [x1] */
	0x17fffffc,		/*	b	1b */
};

#define DEVICE_EXIT	KVM_EXIT_MMIO

static bool set_register(int vcpu, __u64 place, __u64 val)
{
	struct kvm_one_reg reg = {
		.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | place,
		.addr = (uintptr_t)&val,
	};

	return !ioctl(vcpu, KVM_SET_ONE_REG, &reg);
}

static bool vcpu_setup(int vm, int vcpu)
{
	struct kvm_vcpu_init init;

	return !ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) &&
	       !ioctl(vcpu, KVM_ARM_VCPU_INIT, &init) &&
	       set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.regs[1]), DEVICE_ADDRESS) &&
	       set_register(vcpu, KVM_REG_ARM_CORE_REG(regs.pc), CODE_ADDRESS);
}

#else

static const __u32 guest_code[] = { };

#define DEVICE_EXIT	KVM_EXIT_UNKNOWN

static bool vcpu_setup(int vm, int vcpu)
{
	(void)vm;
	(void)vcpu;
	return false;
}

#endif

static bool guest_create(struct guest *guest)
{
	struct kvm_userspace_memory_region region = {
		.guest_phys_addr = CODE_ADDRESS, .memory_size = page_size(),
	};
	int kvm = open("/dev/kvm", O_RDWR), vm;
	void *memory;

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	memory = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (vm < 0 || memory == MAP_FAILED)
		return false;
	memcpy(memory, guest_code, sizeof(guest_code));
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region))
		return false;
	guest->vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	if (guest->vcpu < 0 || !vcpu_setup(vm, guest->vcpu))
		return false;
	guest->run = mmap(NULL, ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
			  MAP_SHARED, guest->vcpu, 0);
	return guest->run != MAP_FAILED;
}

/* Until the guest writes to its device. A signal may come first. */
static bool guest_run(struct guest *guest)
{
	int ret;

	do {
		ret = ioctl(guest->vcpu, KVM_RUN, 0);
	} while (ret && errno == EINTR);
	return !ret && guest->run->exit_reason == DEVICE_EXIT;
}

FIXTURE(kvm)
{
	struct rseq *rs;
	struct guest guest;
};

FIXTURE_SETUP(kvm)
{
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_TRUE(guest_create(&self->guest));
	ASSERT_EQ(0, register_v2(self->rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(guest_run(&self->guest));
}

FIXTURE_TEARDOWN(kvm)
{
}

struct mover {
	pthread_t	thread;
	pid_t		tid;
	int		last;
	long		moves;	/* odd while the thread is being moved */
	bool		stop;
};

static void *keep_moving(void *arg)
{
	struct mover *mover = arg;
	cpu_set_t set;

	while (!READ_ONCE(mover->stop)) {
		CPU_ZERO(&set);
		CPU_SET(mover->moves & 2 ? mover->last : 0, &set);
		__atomic_add_fetch(&mover->moves, 1, __ATOMIC_SEQ_CST);
		sched_setaffinity(mover->tid, sizeof(set), &set);
		__atomic_add_fetch(&mover->moves, 1, __ATOMIC_SEQ_CST);
		usleep(200);
	}
	return NULL;
}

/* Back from the guest, the area has the CPU that the thread runs on. */
TEST_F(kvm, moved_in_the_guest)
{
	struct mover mover = { .tid = syscall(__NR_gettid), .last = last_cpu() };
	long long start = now();
	long looked = 0;

	if (mover.last == 0)
		SKIP(return, "needs two CPUs");
	ASSERT_EQ(0, pthread_create(&mover.thread, NULL, keep_moving, &mover));
	while (now() - start < (looked < FEWEST ? PATIENCE : DURATION)) {
		unsigned int cpu, found;
		long moves;

		ASSERT_TRUE(guest_run(&self->guest));
		moves = __atomic_load_n(&mover.moves, __ATOMIC_SEQ_CST);
		found = READ_ONCE(self->rs->cpu_id);
		ASSERT_EQ(0, syscall(__NR_getcpu, &cpu, NULL, NULL));
		if (moves & 1 || moves != __atomic_load_n(&mover.moves, __ATOMIC_SEQ_CST))
			continue;
		ASSERT_EQ(cpu, found);
		looked++;
	}
	WRITE_ONCE(mover.stop, true);
	ASSERT_EQ(0, pthread_join(mover.thread, NULL));
	TH_LOG("moved %ld times, looked %ld times", mover.moves / 2, looked);
	EXPECT_GE(mover.moves / 2, FEWEST);
	EXPECT_GE(looked, FEWEST);
}

/* A guest that is preempted is no reason for a grant: only user space can have one. */
TEST_F(kvm, ends_a_grant)
{
	struct contender contender;
	long long start = now();
	struct stats before, since;

	if (!read_stats(&before))
		SKIP(return, "needs CONFIG_RSEQ_STATS");
	write_string(NSEC_FILE, "50000");
	ASSERT_TRUE(pin_to(last_cpu()));
	ASSERT_TRUE(contender_start(&contender, WAKEUP_NSEC));
	do {
		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_TRUE(guest_run(&self->guest));
		ASSERT_EQ(0, word(self->rs));
		since = before;
		ASSERT_TRUE(stats_since(&since));
	} while (!since.v[STAT_SABORT] && now() - start < PATIENCE);
	contender_stop(&contender);
	EXPECT_GT(since.v[STAT_SABORT], 0);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	debugfs_claim();
	if (access("/dev/kvm", R_OK | W_OK))
		ksft_exit_skip("needs /dev/kvm\n");
	return test_harness_run(argc, argv);
}
