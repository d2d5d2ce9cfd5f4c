// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that the entry work of a grant treats in a way of its own: those that
 * never get there, see "Calls that do not end a grant" in
 * Documentation/userspace-api/rseq-slice.rst, and a yield that gets no further.
 *
 * A grant may be revoked between any two instructions. A test repeats until the
 * outcome it is about was seen.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "rseq_abi.h"
#include "rseq_debugfs.h"

#define WAKEUP_NSEC	100000

#define VSYSCALL_PAGE	0xffffffffff600000
#define VSYSCALL_TIME	(VSYSCALL_PAGE + 0x400)

/* The argument, of which the call has none, by which a filter tells it. */
#define DENIED		1

FIXTURE(entry)
{
	struct rseq *rs;
	struct contender contender;
	long long start;
};

FIXTURE_SETUP(entry)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_v2(self->rs, FLAG_DEFAULT_ON));
	ASSERT_TRUE(contender_start(&self->contender, WAKEUP_NSEC));
	self->start = now();
}

FIXTURE_TEARDOWN(entry)
{
	contender_stop(&self->contender);
}

#define PATIENT() (now() - self->start < PATIENCE)

static struct {
	struct rseq *rs;
	char selector;
	int calls;
	__u32 word;
} dispatch = { .selector = SYSCALL_DISPATCH_FILTER_ALLOW };

static void dispatched(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	dispatch.word = word(dispatch.rs);
	dispatch.calls++;
	WRITE_ONCE(dispatch.selector, SYSCALL_DISPATCH_FILTER_ALLOW);
}

TEST_F(entry, dispatched_call_keeps_the_grant)
{
	struct stats st;
	bool counted;
	int kept = 0;

	counted = read_stats(&st);
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &dispatch.selector))
		SKIP(return, "needs CONFIG_SYSCALL_USER_DISPATCH");
	dispatch.rs = self->rs;
	ASSERT_TRUE(catch_signal(SIGSYS, dispatched, 0));
	while (kept < 10 && PATIENT()) {
		dispatch.calls = 0;
		ASSERT_TRUE(obtain_grant(self->rs));
		WRITE_ONCE(dispatch.selector, SYSCALL_DISPATCH_FILTER_BLOCK);
		syscall(__NR_getppid);
		ASSERT_EQ(1, dispatch.calls);
		kept += dispatch.word == GRANTED;
		/* The handler returned by a system call. */
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, slice_yield());
	}
	/* Only the timer was faster, as it is in a kernel with every check. */
	if (!kept && counted && stats_since(&st) && !st.v[STAT_SABORT])
		SKIP(return, "no grant lasts until the handler runs");
	EXPECT_EQ(10, kept);
}

#ifdef __x86_64__
static bool has_vsyscall(void)
{
	bool found = false;
	char line[256];
	FILE *f;

	f = fopen("/proc/self/maps", "r");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, "[vsyscall]");
	fclose(f);
	return found;
}

TEST_F(entry, vsyscall_keeps_the_grant)
{
	time_t (*vsyscall_time)(time_t *t) = (void *)VSYSCALL_TIME;
	int kept = 0;

	if (!has_vsyscall())
		SKIP(return, "needs CONFIG_X86_VSYSCALL_EMULATION");
	while (kept < 10 && PATIENT()) {
		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_NE(-1, vsyscall_time(NULL));
		kept += word(self->rs) == GRANTED;
		slice_yield();
		ASSERT_EQ(0, word(self->rs));
	}
	EXPECT_EQ(10, kept);
}
#endif

static bool deny_yield(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_rseq_slice_yield, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DENIED, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(*code), .filter = code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* The grant ends all the same, but no later call reports that. */
TEST_F(entry, denied_yield_is_not_reported)
{
	struct stats st;
	bool counted;
	int yields = 0;

	if (!deny_yield())
		SKIP(return, "needs CONFIG_SECCOMP_FILTER");
	while (yields < 10 && PATIENT()) {
		counted = read_stats(&st);
		ASSERT_TRUE(obtain_grant(self->rs));
		ASSERT_EQ(EPERM, error_of(syscall(__NR_rseq_slice_yield, DENIED)));
		/* That it was the call and not the timer, only the counter tells. */
		yields += !counted || (stats_since(&st) && st.v[STAT_SYIELD]);
		ASSERT_EQ(0, word(self->rs));
		ASSERT_EQ(0, syscall(__NR_rseq_slice_yield, !DENIED));
		ASSERT_EQ(0, syscall(__NR_rseq_slice_yield, !DENIED));
	}
	EXPECT_EQ(10, yields);
}

int main(int argc, char **argv)
{
	without_libc_rseq(argv);
	need_slices();
	longest_grants();
	return test_harness_run(argc, argv);
}
