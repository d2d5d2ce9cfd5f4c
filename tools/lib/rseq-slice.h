/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Time slice extensions of Linux for programs in C11 and C++17
 *
 * A thread that is preempted while it holds a lock makes others wait for as
 * long as it is away. On Linux 7.0 and later it can ask not to be preempted
 * just now, and the kernel lets it run on for 5 to 50 microseconds:
 *
 *	static struct rseq_slice_spin lock;
 *
 *	rseq_slice_spin_lock(&lock);
 *	hits++;
 *	rseq_slice_spin_unlock(&lock);
 *
 * or around any section that others wait for:
 *
 *	rseq_slice_enter();
 *	...
 *	rseq_slice_leave();
 *
 * The request is for each attempt to take a lock, not for the wait: a waiter
 * would keep the owner from the CPU. The locks below do that.
 *
 * When to use it
 *
 *	Sections that take less than a slice (5 microseconds by default), that
 *	others wait for, where more threads want to run than there are CPUs.
 *
 * When not
 *
 *	Where few threads want the lock: a section costs more than it saves. Where
 *	a section makes system calls: the first one ends the slice. Where it faults
 *	in pages: no slice prevents that wait. For a whole request or job: a slice
 *	that expires has gained nothing.
 *
 * Cost
 *
 *	A section that is not granted a slice makes no system call and has no
 *	atomic instruction. Instructions of rseq_slice_enter() and _leave() in a
 *	program at -O2, without contention:
 *
 *			gcc 12	clang 22
 *	x86_64		4 + 6	4 + 6
 *	arm64		10 + 14	10 + 9
 *
 *	arm64 loads and stores what x86_64 changes in memory, and takes three
 *	instructions to find thread-local storage; gcc looks for it again and again.
 *	To lock and unlock the spinlock takes 12 more (gcc, x86_64) than without
 *	slices: two are for the stack. A grant costs one system call,
 *	rseq_slice_yield(2). Without slices, sections are counted, in three
 *	branches that are always the same.
 *
 * Errors
 *
 *	Nothing fails where there are no slices: sections and locks work as they
 *	would without them. rseq_slice_support() tells why, and
 *
 *		puts(rseq_slice_strsupport(rseq_slice_support()));
 *
 *	what to do about it. No function touches errno.
 *
 * Contexts
 *
 *	Sections nest, and may overlap: the outermost alone talks to the kernel.
 *	Threads set themselves up at their first section. All functions but those
 *	of the locks are safe in signal handlers; a lock is if the handler tries it
 *	only, as is a matter of locks. After fork(2) a section that was open goes on
 *	in both processes. execve(2) ends it.
 *
 * Several files
 *
 *	All files of a program that include this header, in C and in C++, share one
 *	count for each thread, by weak symbols. Shared objects take part as far as
 *	they export and import weak symbols: with -fvisibility=hidden or -Bsymbolic
 *	they count for themselves, and an inner section of theirs may yield while
 *	one of others is open. So do those that dlopen(3) loads, unless the program
 *	is linked with -rdynamic. They use initial-exec storage, 256 bytes, of which
 *	the C library has some in reserve for them.
 *
 * x86_64, arm64 and riscv64, with gcc or clang. Needs getauxval() and, where the C
 * library is not glibc, pthread keys.
 */
#ifndef RSEQ_SLICE_H
#define RSEQ_SLICE_H

/* Others have other system calls and signatures. */
#if __SIZEOF_POINTER__ != 8 || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__ || \
	!(defined(__x86_64__) || defined(__aarch64__) || defined(__riscv))
#error "rseq-slice.h knows x86_64, arm64 and riscv64, with 64 bits and little-endian"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/auxv.h>
#ifndef __GLIBC__
#include <pthread.h>
#endif

#ifdef __cplusplus
#define RSEQ_SLICE_THREAD_LOCAL	thread_local
extern "C" {
#else
#define RSEQ_SLICE_THREAD_LOCAL	_Thread_local
#endif

struct timespec;

/* The ABI, from linux/rseq.h, linux/prctl.h, linux/auxvec.h and asm/unistd.h */

#define RSEQ_SLICE_LEGACY_SIZE		32U
#define RSEQ_SLICE_FEATURE_SIZE		33U
#define RSEQ_SLICE_UNREGISTER		(1U << 0)
#define RSEQ_SLICE_DEFAULT_ON		(1U << 1)
#define RSEQ_SLICE_AVAILABLE		(1U << 4)
#define RSEQ_SLICE_ENABLED		(1U << 5)
#define RSEQ_SLICE_PRCTL		79
#define RSEQ_SLICE_PRCTL_SET		2
#define RSEQ_SLICE_PRCTL_ENABLE		1
#define RSEQ_SLICE_AT_FEATURE_SIZE	27
#define RSEQ_SLICE_NR_YIELD		471

#if defined(__x86_64__)
#define RSEQ_SLICE_SIGNATURE		0x53053053U
#define RSEQ_SLICE_NR_RSEQ		334
#define RSEQ_SLICE_NR_PRCTL		157
#define RSEQ_SLICE_NR_SIGPROCMASK	14
#define RSEQ_SLICE_NR_FUTEX		202
#else
#if defined(__aarch64__)
#define RSEQ_SLICE_SIGNATURE		0xd428bc00U
#else
#define RSEQ_SLICE_SIGNATURE		0xf1401073U
#endif
#define RSEQ_SLICE_NR_RSEQ		293
#define RSEQ_SLICE_NR_PRCTL		167
#define RSEQ_SLICE_NR_SIGPROCMASK	135
#define RSEQ_SLICE_NR_FUTEX		98
#endif

/* struct rseq: the kernel writes to it between any two instructions. */
struct rseq_slice_area {
	uint32_t	cpu_id_start;
	uint32_t	cpu_id;
	uint64_t	rseq_cs;
	uint32_t	flags;
	uint32_t	node_id;
	uint32_t	mm_cid;
	uint8_t		request;
	uint8_t		granted;
	uint16_t	reserved;
	/* Enough for areas of kernels to come */
	uint8_t		more[96];
};

/* What a thread can expect */
enum rseq_slice_support {
	RSEQ_SLICE_READY,
	/* The kernel knows an area without slices only. */
	RSEQ_SLICE_OLD_KERNEL,
	/* The kernel knows slices, but does not offer them. */
	RSEQ_SLICE_NOT_OFFERED,
	/* The C library registered an area without room for slices. */
	RSEQ_SLICE_LEGACY_REGISTRATION,
	/* rseq(2) failed. */
	RSEQ_SLICE_REGISTRATION_FAILED,
	/* prctl(2) failed. */
	RSEQ_SLICE_ENABLING_FAILED,
	/* rseq_slice_yield(2) failed. Grants are used and end nevertheless. */
	RSEQ_SLICE_YIELD_DENIED,
};

/* What to do in a thread whose C library registered an area without slices */
enum rseq_slice_policy {
	/* Keep it, and do without slices. */
	RSEQ_SLICE_KEEP,
	/*
	 * Replace it by an area of this header. The C library is not told: its
	 * area says that nobody keeps it up to date, sched_getcpu(3) makes a
	 * system call, and critical sections of rseq that use that area, like
	 * those of tcmalloc and librseq, are no longer restarted.
	 */
	RSEQ_SLICE_REPLACE,
};

/*
 * Where a signal handler may be the first to touch it, thread-local storage must
 * not be allocated on demand, as it would be in shared objects. Programs do
 * without the attribute: they know the place when they are linked.
 */
#if defined(__PIC__) && !defined(__PIE__)
#define RSEQ_SLICE_TLS_MODEL	__attribute__((tls_model("initial-exec")))
#else
#define RSEQ_SLICE_TLS_MODEL
#endif

/*
 * One thread. "depth" is the number of open sections plus a base that says what
 * the thread is:
 *
 *	-1			ready
 *	RSEQ_SLICE_UNAVAILABLE	without slices, sections are but counted
 *	RSEQ_SLICE_UNKNOWN	not set up
 *
 * So it is 0 in the outermost section of a thread that is ready, and nowhere
 * else: one comparison tells that section from all that do not talk to the
 * kernel. A signal handler finds -1 only if neither a request nor a grant is out.
 *
 * A handler restores the depth that it found, so plain accesses do: it may come
 * in between any two instructions of one.
 */
struct rseq_slice_thread {
	int32_t			depth;
	uint32_t		support;
	uint32_t		*word;
	struct rseq_slice_area	own __attribute__((aligned(128)));
};

#define RSEQ_SLICE_READY_BASE	(-1)
#define RSEQ_SLICE_UNAVAILABLE	0x20000000
#define RSEQ_SLICE_UNKNOWN	0x40000000

/* Where several files define these, the linker takes one. */
__attribute__((weak)) RSEQ_SLICE_TLS_MODEL RSEQ_SLICE_THREAD_LOCAL struct rseq_slice_thread
rseq_slice_this_thread = { RSEQ_SLICE_UNKNOWN, 0, NULL, { 0, 0, 0, 0, 0, 0, 0, 0, 0, { 0 } } };
__attribute__((weak)) uint32_t rseq_slice_chosen_policy = RSEQ_SLICE_KEEP;
__attribute__((weak)) uint32_t rseq_slice_yield_error = 0;

/* Of glibc 2.35 and later. Their address is NULL elsewhere. */
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));

#define rseq_slice_get(from)		__atomic_load_n(from, __ATOMIC_RELAXED)
#define rseq_slice_set(to, value)	__atomic_store_n(to, value, __ATOMIC_RELAXED)
/* The kernel is like a signal handler of this thread: no CPU needs a barrier. */
#define rseq_slice_barrier()		__atomic_signal_fence(__ATOMIC_SEQ_CST)
#define rseq_slice_usually(condition)	__builtin_expect(!!(condition), 1)

/* Returns the result, or minus the error number. */
static inline long rseq_slice_call(long number, unsigned long arg1, unsigned long arg2,
				   unsigned long arg3, unsigned long arg4)
{
#if defined(__x86_64__)
	register unsigned long r10 __asm__("r10") = arg4;
	register unsigned long r8 __asm__("r8") = 0;
	register unsigned long r9 __asm__("r9") = ~0UL;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(arg1), "S"(arg2), "d"(arg3), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register unsigned long x8 __asm__("x8") = (unsigned long)number;
	register unsigned long x0 __asm__("x0") = arg1;
	register unsigned long x1 __asm__("x1") = arg2;
	register unsigned long x2 __asm__("x2") = arg3;
	register unsigned long x3 __asm__("x3") = arg4;
	register unsigned long x4 __asm__("x4") = 0;
	register unsigned long x5 __asm__("x5") = ~0UL;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return (long)x0;
#else
	register unsigned long a7 __asm__("a7") = (unsigned long)number;
	register unsigned long a0 __asm__("a0") = arg1;
	register unsigned long a1 __asm__("a1") = arg2;
	register unsigned long a2 __asm__("a2") = arg3;
	register unsigned long a3 __asm__("a3") = arg4;
	register unsigned long a4 __asm__("a4") = 0;
	register unsigned long a5 __asm__("a5") = ~0UL;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
			 : "memory");
	return (long)a0;
#endif
}

static inline void *rseq_slice_thread_pointer(void)
{
	void *pointer;

#if defined(__x86_64__)
	__asm__("mov %%fs:0, %0" : "=r"(pointer));
#elif defined(__aarch64__)
	__asm__("mrs %0, tpidr_el0" : "=r"(pointer));
#else
	__asm__("mv %0, tp" : "=r"(pointer));
#endif
	return pointer;
}

/*
 * The area that the C library registered for this thread, NULL if it did not.
 * glibc decides for each thread, by the area of the one that creates it.
 */
static inline struct rseq_slice_area *rseq_slice_of_c_library(void)
{
	struct rseq_slice_area *area;

	if (!&__rseq_offset || !&__rseq_size || !__rseq_size)
		return NULL;
	area = (struct rseq_slice_area *)((char *)rseq_slice_thread_pointer() + __rseq_offset);
	return (int32_t)rseq_slice_get(&area->cpu_id) < 0 ? NULL : area;
}

static inline long rseq_slice_register(struct rseq_slice_area *area, unsigned long length,
				       unsigned long flags)
{
	return rseq_slice_call(RSEQ_SLICE_NR_RSEQ, (unsigned long)area, length, flags,
			       RSEQ_SLICE_SIGNATURE);
}

static inline unsigned long rseq_slice_own_length(void)
{
	unsigned long size = getauxval(RSEQ_SLICE_AT_FEATURE_SIZE);

	return size < sizeof(struct rseq_slice_area) ? size : sizeof(struct rseq_slice_area);
}

/*
 * Give the area of this header up. Sections of this thread do without slices
 * from then on. For threads that live longer than the memory of the area does:
 * where this header is in a plugin, before that is closed with dlclose(3).
 */
static inline void rseq_slice_thread_exit(void)
{
	struct rseq_slice_thread *thread = &rseq_slice_this_thread;
	int32_t depth = rseq_slice_get(&thread->depth);

	/* Sections that are open stay counted. */
	if (depth >= RSEQ_SLICE_UNKNOWN)
		depth -= RSEQ_SLICE_UNKNOWN - RSEQ_SLICE_UNAVAILABLE;
	else if (depth < RSEQ_SLICE_UNAVAILABLE)
		depth += RSEQ_SLICE_UNAVAILABLE - RSEQ_SLICE_READY_BASE;
	rseq_slice_set(&thread->depth, depth);
	rseq_slice_barrier();
	if (thread->word == (uint32_t *)(void *)&thread->own.request)
		rseq_slice_register(&thread->own, rseq_slice_own_length(), RSEQ_SLICE_UNREGISTER);
}

/*
 * The memory of a thread's area has to be there until the thread is gone. glibc
 * keeps it: a stack is not unmapped before the kernel has said that its thread
 * is gone. Others, like musl, have a detached thread unmap its own stack, and the
 * kernel, which finds no area then, kills the process.
 */
#ifndef __GLIBC__
struct rseq_slice_key {
	uint32_t	state;	/* 0 until one thread makes the key, 1 meanwhile, 2 */
	pthread_key_t	key;
};

__attribute__((weak)) struct rseq_slice_key rseq_slice_exit_key = { 0, 0 };

__attribute__((weak)) void rseq_slice_at_exit(void *unused);
__attribute__((weak)) void rseq_slice_at_exit(void *unused)
{
	(void)unused;
	rseq_slice_thread_exit();
}
#endif

/* Have the area given up in time. Returns 0 or minus the error number. */
static inline long rseq_slice_prepare_exit(void)
{
#ifndef __GLIBC__
	uint32_t none = 0;

	if (__atomic_compare_exchange_n(&rseq_slice_exit_key.state, &none, 1U, false,
					__ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
		int error = pthread_key_create(&rseq_slice_exit_key.key, rseq_slice_at_exit);

		__atomic_store_n(&rseq_slice_exit_key.state, error ? 0U : 2U, __ATOMIC_RELEASE);
		if (error)
			return -error;
	}
	while (__atomic_load_n(&rseq_slice_exit_key.state, __ATOMIC_ACQUIRE) == 1)
		;
	return -pthread_setspecific(rseq_slice_exit_key.key, &rseq_slice_this_thread);
#else
	return 0;
#endif
}

/*
 * Register the area of this header, in place of another one, which stays if there
 * are no slices. No signals meanwhile.
 */
static inline enum rseq_slice_support rseq_slice_register_own(struct rseq_slice_area *old)
{
	struct rseq_slice_area *own = &rseq_slice_this_thread.own;
	uint64_t all = ~(uint64_t)0, before = 0;
	enum rseq_slice_support support = RSEQ_SLICE_REGISTRATION_FAILED;

	rseq_slice_call(RSEQ_SLICE_NR_SIGPROCMASK, 2, (unsigned long)&all, (unsigned long)&before,
			sizeof(all));
	if (!rseq_slice_prepare_exit() &&
	    (!old || !rseq_slice_register(old, RSEQ_SLICE_LEGACY_SIZE, RSEQ_SLICE_UNREGISTER))) {
		long ret = rseq_slice_register(own, rseq_slice_own_length(), RSEQ_SLICE_DEFAULT_ON);

		/* EBUSY: this very area, by the code that this signal handler interrupts */
		if (!ret || ret == -16) {
			if (rseq_slice_get(&own->flags) & RSEQ_SLICE_AVAILABLE) {
				support = RSEQ_SLICE_READY;
			} else {
				support = RSEQ_SLICE_NOT_OFFERED;
				rseq_slice_register(own, rseq_slice_own_length(),
						    RSEQ_SLICE_UNREGISTER);
			}
		}
		if (old && support != RSEQ_SLICE_READY)
			rseq_slice_register(old, RSEQ_SLICE_LEGACY_SIZE, 0);
	}
	rseq_slice_call(RSEQ_SLICE_NR_SIGPROCMASK, 2, (unsigned long)&before, 0, sizeof(before));
	return support;
}

static inline enum rseq_slice_support rseq_slice_find(struct rseq_slice_area **found)
{
	struct rseq_slice_area *area = rseq_slice_of_c_library();
	bool legacy = area && __rseq_size < RSEQ_SLICE_FEATURE_SIZE;
	uint32_t flags;

	if (getauxval(RSEQ_SLICE_AT_FEATURE_SIZE) < RSEQ_SLICE_FEATURE_SIZE)
		return RSEQ_SLICE_OLD_KERNEL;
	if (legacy && rseq_slice_get(&rseq_slice_chosen_policy) != RSEQ_SLICE_REPLACE)
		return RSEQ_SLICE_LEGACY_REGISTRATION;
	if (legacy || !area) {
		enum rseq_slice_support support = rseq_slice_register_own(area);

		if (support != RSEQ_SLICE_READY)
			return support;
		area = &rseq_slice_this_thread.own;
	}
	*found = area;
	flags = rseq_slice_get(&area->flags);
	if (flags & RSEQ_SLICE_ENABLED)
		return RSEQ_SLICE_READY;
	if (!(flags & RSEQ_SLICE_AVAILABLE))
		return RSEQ_SLICE_NOT_OFFERED;
	if (rseq_slice_call(RSEQ_SLICE_NR_PRCTL, RSEQ_SLICE_PRCTL, RSEQ_SLICE_PRCTL_SET,
			    RSEQ_SLICE_PRCTL_ENABLE, 0))
		return RSEQ_SLICE_ENABLING_FAILED;
	return RSEQ_SLICE_READY;
}

/*
 * A signal handler may do the same in between. Before the load, there is nothing
 * left to do; after it, both store the same: what is found is the same then, and
 * a handler leaves the number of open sections as it was.
 */
static inline void rseq_slice_set_up(struct rseq_slice_thread *thread)
{
	struct rseq_slice_area *area = NULL;
	enum rseq_slice_support support = rseq_slice_find(&area);
	int32_t base = support == RSEQ_SLICE_READY ? RSEQ_SLICE_READY_BASE : RSEQ_SLICE_UNAVAILABLE;
	int32_t depth = rseq_slice_get(&thread->depth);

	if (depth < RSEQ_SLICE_UNKNOWN)
		return;
	rseq_slice_barrier();
	thread->word = area ? (uint32_t *)(void *)&area->request : NULL;
	thread->support = (uint32_t)support;
	rseq_slice_barrier();
	rseq_slice_set(&thread->depth, depth - RSEQ_SLICE_UNKNOWN + base);
}

/*
 * Count a section. Returns whether it talks to the kernel. Left to themselves,
 * compilers load the depth into a register and store it again.
 */
static inline bool rseq_slice_count(void)
{
#if defined(__x86_64__)
	bool outermost;

	__asm__ volatile("incl %0" : "+m"(rseq_slice_this_thread.depth), "=@ccz"(outermost)
			 : : "memory");
	return outermost;
#else
	rseq_slice_barrier();
	return !++rseq_slice_this_thread.depth;
#endif
}

/* Whether the section that ends talks to the kernel */
static inline bool rseq_slice_is_outermost(void)
{
#if defined(__x86_64__)
	bool outermost;

	__asm__ volatile("cmpl $0, %1" : "=@ccz"(outermost) : "m"(rseq_slice_this_thread.depth)
			 : "memory");
	return outermost;
#else
	rseq_slice_barrier();
	return !rseq_slice_this_thread.depth;
#endif
}

static inline void rseq_slice_uncount(void)
{
#if defined(__x86_64__)
	__asm__ volatile("decl %0" : "+m"(rseq_slice_this_thread.depth) : : "cc", "memory");
#else
	rseq_slice_barrier();
	rseq_slice_this_thread.depth--;
	rseq_slice_barrier();
#endif
}

/* Set the request byte. Nothing is granted to a thread without a request. */
static inline void rseq_slice_request(uint32_t *word)
{
#if defined(__x86_64__)
	/* The whole word: taking it back loads as much, and would wait for a smaller store. */
	*(volatile uint32_t *)word = 1;
#else
	*(volatile uint8_t *)word = 1;
#endif
}

/*
 * Clear the request byte. Returns whether a slice is granted. The byte next to it
 * is for the kernel to write, and is looked at last: a grant between a look at it
 * and the store would be missed.
 */
static inline bool rseq_slice_take_back(uint32_t *word)
{
#if defined(__x86_64__)
	bool granted;

	/* One instruction: the kernel writes to the word before or after it. */
	__asm__ volatile("andl $-256, %0" : "+m"(*word), "=@ccnz"(granted) : : "memory");
	return granted;
#else
	volatile uint8_t *bytes = (volatile uint8_t *)word;

	bytes[0] = 0;
	return bytes[1];
#endif
}

/* The first section of a thread. Out of line, and with no arguments. */
__attribute__((weak, noinline, cold)) void rseq_slice_enter_first(void);
__attribute__((weak, noinline, cold)) void rseq_slice_enter_first(void)
{
	struct rseq_slice_thread *thread = &rseq_slice_this_thread;

	rseq_slice_set_up(thread);
	rseq_slice_barrier();
	if (!thread->depth)
		rseq_slice_request(thread->word);
}

/* Every system call ends a grant, one that is denied too. */
__attribute__((weak, noinline, cold)) void rseq_slice_yield_now(void);
__attribute__((weak, noinline, cold)) void rseq_slice_yield_now(void)
{
	long ret = rseq_slice_call(RSEQ_SLICE_NR_YIELD, 0, 0, 0, 0);

	if (ret < 0)
		rseq_slice_set(&rseq_slice_yield_error, (uint32_t)-ret);
}

/*
 * Begin a section. The outermost one asks the kernel not to preempt the thread.
 *
 * Any context, signal handlers included. Cannot fail. The first section of a
 * thread makes up to five system calls to set it up; all others make none.
 *
 * What a signal handler finds, and what its own sections are, if it comes
 *
 *	before the depth is 0		no request	outermost ones
 *	before the request		no request	inner ones
 *	after it			a request	inner ones
 */
static inline void rseq_slice_enter(void)
{
	if (rseq_slice_usually(rseq_slice_count())) {
		rseq_slice_barrier();
		rseq_slice_request(rseq_slice_this_thread.word);
	} else if (rseq_slice_this_thread.depth >= RSEQ_SLICE_UNKNOWN) {
		rseq_slice_enter_first();
	}
	rseq_slice_barrier();
}

/*
 * End a section. The outermost one takes the request back, and gives the CPU up
 * if a slice was granted.
 *
 * Any context, signal handlers included, in the thread that began the section.
 * Sections may end in any order. Cannot fail. One system call, rseq_slice_yield(2),
 * and only if there was a grant; where seccomp refuses that, the grant ends all the
 * same, and rseq_slice_support() tells. errno is left alone.
 *
 * The depth goes last: a handler that found -1 before the request is taken back
 * would make another one within the grant, which the kernel kills for in debug
 * mode.
 */
static inline void rseq_slice_leave(void)
{
	if (rseq_slice_usually(rseq_slice_is_outermost())) {
		if (!rseq_slice_usually(!rseq_slice_take_back(rseq_slice_this_thread.word)))
			rseq_slice_yield_now();
	}
	rseq_slice_uncount();
}

/* Whether others wait for the open section. May be over by the next instruction. */
static inline bool rseq_slice_is_granted(void)
{
	struct rseq_slice_thread *thread = &rseq_slice_this_thread;

	rseq_slice_barrier();
	return thread->depth >= 0 && thread->depth < RSEQ_SLICE_UNAVAILABLE &&
	       ((volatile uint8_t *)thread->word)[1];
}

/*
 * Choose what threads do at their first section, at the start of main(). The
 * policy is that of the program: a library leaves it alone.
 */
static inline void rseq_slice_set_policy(enum rseq_slice_policy policy)
{
	rseq_slice_set(&rseq_slice_chosen_policy, (uint32_t)policy);
}

/* What this thread can expect. Sets it up. */
static inline enum rseq_slice_support rseq_slice_support(void)
{
	struct rseq_slice_thread *thread = &rseq_slice_this_thread;
	enum rseq_slice_support support;

	rseq_slice_barrier();
	if (thread->depth >= RSEQ_SLICE_UNKNOWN)
		rseq_slice_set_up(thread);
	support = (enum rseq_slice_support)thread->support;
	if (support == RSEQ_SLICE_READY && rseq_slice_get(&rseq_slice_yield_error))
		return RSEQ_SLICE_YIELD_DENIED;
	return support;
}

/* A sentence that says what to do */
static inline const char *rseq_slice_strsupport(enum rseq_slice_support support)
{
	switch (support) {
	case RSEQ_SLICE_READY:
		return "slices are enabled";
	case RSEQ_SLICE_OLD_KERNEL:
		return "the kernel does not know slices: boot Linux 7.0 or later";
	case RSEQ_SLICE_NOT_OFFERED:
		return "set CONFIG_RSEQ_SLICE_EXTENSION in the kernel, drop rseq_slice_ext=off";
	case RSEQ_SLICE_LEGACY_REGISTRATION:
		return "no slices in the C library's area: use glibc 2.41, or RSEQ_SLICE_REPLACE";
	case RSEQ_SLICE_REGISTRATION_FAILED:
		return "rseq(2) fails: let seccomp allow it, and no other library register";
	case RSEQ_SLICE_ENABLING_FAILED:
		return "prctl(PR_RSEQ_SLICE_EXTENSION) fails: let seccomp allow it";
	case RSEQ_SLICE_YIELD_DENIED:
		return "slices are enabled, rseq_slice_yield(2) fails: let seccomp allow it";
	}
	return "unknown";
}

static inline void rseq_slice_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

/*
 * A spinlock for sections of at most a few microseconds. Waiters spin without a
 * request, and take no turns: it is not fair. Not recursive, of one process or in
 * memory that several share. All zeroes is unlocked.
 */
struct rseq_slice_spin {
	uint32_t locked;
};

static inline bool rseq_slice_spin_trylock(struct rseq_slice_spin *lock)
{
	uint32_t free = 0;

	rseq_slice_enter();
	if (__atomic_compare_exchange_n(&lock->locked, &free, 1U, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return true;
	rseq_slice_leave();
	return false;
}

/* Out of line: a loop would have every caller save registers. */
__attribute__((weak, noinline, cold)) void rseq_slice_spin_wait(struct rseq_slice_spin *lock);
__attribute__((weak, noinline, cold)) void rseq_slice_spin_wait(struct rseq_slice_spin *lock)
{
	do {
		while (rseq_slice_get(&lock->locked))
			rseq_slice_relax();
	} while (!rseq_slice_spin_trylock(lock));
}

static inline void rseq_slice_spin_lock(struct rseq_slice_spin *lock)
{
	if (!rseq_slice_usually(rseq_slice_spin_trylock(lock)))
		rseq_slice_spin_wait(lock);
}

static inline void rseq_slice_spin_unlock(struct rseq_slice_spin *lock)
{
	__atomic_store_n(&lock->locked, 0U, __ATOMIC_RELEASE);
	rseq_slice_leave();
}

/*
 * A mutex. Waiters spin for a moment, then sleep, without a request. Not fair, not
 * recursive, of one process. All zeroes is unlocked.
 */
struct rseq_slice_mutex {
	/* 0 is free, 1 locked, 2 locked with somebody who may wait in the kernel */
	uint32_t state;
};

static inline bool rseq_slice_mutex_trylock(struct rseq_slice_mutex *mutex)
{
	uint32_t free = 0;

	rseq_slice_enter();
	if (__atomic_compare_exchange_n(&mutex->state, &free, 1U, false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return true;
	rseq_slice_leave();
	return false;
}

/*
 * Take the mutex before CLOCK_MONOTONIC says "deadline", whenever that is if it
 * is NULL. Returns whether it was taken: not if the deadline has passed or is no
 * time, nor if seccomp denies futex(2) (a thread without a deadline spins then).
 */
static inline bool rseq_slice_mutex_lock_until(struct rseq_slice_mutex *mutex,
					       const struct timespec *deadline)
{
	/* FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG: the time is absolute. */
	const unsigned long wait = 9 | 128;

	if (rseq_slice_mutex_trylock(mutex))
		return true;
	for (int i = 0; i < 100 && rseq_slice_get(&mutex->state) == 1; i++)
		rseq_slice_relax();
	for (;;) {
		long ret;

		rseq_slice_enter();
		/* Others may be asleep as well: who has waited leaves it contended. */
		if (!__atomic_exchange_n(&mutex->state, 2U, __ATOMIC_ACQUIRE))
			return true;
		rseq_slice_leave();
		ret = rseq_slice_call(RSEQ_SLICE_NR_FUTEX, (unsigned long)&mutex->state, wait, 2,
				      (unsigned long)deadline);
		/* Not EAGAIN or EINTR: the state has changed, or a signal came. */
		if (deadline && ret && ret != -11 && ret != -4)
			return false;
	}
}

static inline void rseq_slice_mutex_lock(struct rseq_slice_mutex *mutex)
{
	rseq_slice_mutex_lock_until(mutex, NULL);
}

static inline void rseq_slice_mutex_unlock(struct rseq_slice_mutex *mutex)
{
	bool contended = __atomic_exchange_n(&mutex->state, 0U, __ATOMIC_RELEASE) == 2;

	/* A system call would end a grant and count as misuse of it. */
	rseq_slice_leave();
	/* FUTEX_WAKE | FUTEX_PRIVATE_FLAG */
	if (contended)
		rseq_slice_call(RSEQ_SLICE_NR_FUTEX, (unsigned long)&mutex->state, 1 | 128, 1, 0);
}

#ifdef __cplusplus
}
#endif

#endif /* RSEQ_SLICE_H */
