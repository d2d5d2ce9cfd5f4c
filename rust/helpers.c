// SPDX-License-Identifier: GPL-2.0
/*
 * Inline C that Rust calls, compiled as part of rust/helpers/helpers.c.
 */

#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/ptrace.h>
#include <linux/rseq_entry.h>
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <linux/topology.h>
#include <linux/uaccess.h>

/*
 * A region of user memory accesses.
 *
 * Inlined, the helpers are the same open, access and close sequences that C
 * has. As real functions they may neither return with user access open nor be
 * called while it is, so there each access opens and closes for itself.
 */
__rust_helper bool rust_helper_user_region_begin(void __user **uptr, unsigned long size)
{
#ifdef CONFIG_RUST_INLINE_HELPERS
	if (can_do_masked_user_access())
		*uptr = masked_user_rw_access_begin(*uptr);
	else if (!user_rw_access_begin(*uptr, size))
		return false;
#endif
	return true;
}

__rust_helper void rust_helper_user_region_end(void)
{
#ifdef CONFIG_RUST_INLINE_HELPERS
	user_access_end();
#endif
}

#ifdef CONFIG_RUST_INLINE_HELPERS
# define region_get_user(val, uptr, fault)	unsafe_get_user(val, uptr, fault)
# define region_put_user(val, uptr, fault)	unsafe_put_user(val, uptr, fault)
#else
# define region_get_user(val, uptr, fault)		\
do {							\
	if (get_user(val, uptr))			\
		goto fault;				\
} while (0)
# define region_put_user(val, uptr, fault)		\
do {							\
	if (put_user(val, uptr))			\
		goto fault;				\
} while (0)
#endif

__rust_helper bool rust_helper_user_region_get_u32(u32 *val, const u32 __user *uptr)
{
	region_get_user(*val, uptr, fault);
	return true;
fault:
	return false;
}

__rust_helper bool rust_helper_user_region_put_u32(u32 val, u32 __user *uptr)
{
	region_put_user(val, uptr, fault);
	return true;
fault:
	return false;
}

__rust_helper bool rust_helper_user_region_get_u64(u64 *val, const u64 __user *uptr)
{
	region_get_user(*val, uptr, fault);
	return true;
fault:
	return false;
}

__rust_helper bool rust_helper_user_region_put_u64(u64 val, u64 __user *uptr)
{
	region_put_user(val, uptr, fault);
	return true;
fault:
	return false;
}

__rust_helper bool rust_helper_access_ok(const void __user *uptr, unsigned long size)
{
	return access_ok(uptr, size);
}

__rust_helper void rust_helper_pagefault_disable(void)
{
	pagefault_disable();
}

__rust_helper void rust_helper_pagefault_enable(void)
{
	pagefault_enable();
}

__rust_helper unsigned long rust_helper_task_size(void)
{
	return TASK_SIZE;
}

/* The registers of user space */
__rust_helper unsigned long rust_helper_instruction_pointer(struct pt_regs *regs)
{
	return instruction_pointer(regs);
}

__rust_helper void rust_helper_instruction_pointer_set(struct pt_regs *regs, unsigned long ip)
{
	instruction_pointer_set(regs, ip);
}

/* Where a task runs */
__rust_helper unsigned int rust_helper_task_cpu(const struct task_struct *t)
{
	return task_cpu(t);
}

__rust_helper unsigned int rust_helper_task_mm_cid(struct task_struct *t)
{
	return task_mm_cid(t);
}

__rust_helper int rust_helper_cpu_to_node(int cpu)
{
	return cpu_to_node(cpu);
}

/* Per-CPU data and what keeps a task on its CPU */
__rust_helper void *rust_helper_this_cpu_ptr(void __percpu *ptr)
{
	return this_cpu_ptr(ptr);
}

__rust_helper void *rust_helper_per_cpu_ptr(void __percpu *ptr, unsigned int cpu)
{
	return per_cpu_ptr(ptr, cpu);
}

__rust_helper void rust_helper_this_cpu_inc_ulong(unsigned long __percpu *counter)
{
	this_cpu_inc(*counter);
}

__rust_helper void rust_helper_preempt_disable(void)
{
	preempt_disable();
}

__rust_helper void rust_helper_preempt_enable(void)
{
	preempt_enable();
}

/* The rescheduling state of the current task */
__rust_helper void rust_helper_set_need_resched_current(void)
{
	set_need_resched_current();
}

/*
 * What a grant may delay: TIF_SLICE_EXT_SCHED in kernel/entry/common.c. The
 * preempt count mirrors TIF_NEED_RESCHED only.
 */
__rust_helper void rust_helper_clear_delayed_resched_current(void)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		clear_tsk_thread_flag(current, TIF_NEED_RESCHED_LAZY);
	} else {
		clear_tsk_need_resched(current);
		clear_preempt_need_resched();
	}
}

#ifdef CONFIG_RSEQ_RUST_KUNIT_TEST
__rust_helper bool rust_helper_need_resched(void)
{
	return need_resched();
}

__rust_helper bool rust_helper_need_resched_lazy(void)
{
	return test_thread_flag(TIF_NEED_RESCHED_LAZY);
}

__rust_helper bool rust_helper_test_preempt_need_resched(void)
{
	return test_preempt_need_resched();
}

__rust_helper void rust_helper_set_need_resched(struct task_struct *t)
{
	set_tsk_need_resched(t);
}

__rust_helper void rust_helper_set_need_resched_lazy(struct task_struct *t)
{
	set_tsk_thread_flag(t, TIF_NEED_RESCHED_LAZY);
}

__rust_helper void rust_helper_clear_need_resched_current(void)
{
	clear_tsk_need_resched(current);
	clear_preempt_need_resched();
}
#endif

__rust_helper void rust_helper_local_irq_disable(void)
{
	local_irq_disable();
}

__rust_helper void rust_helper_local_irq_enable(void)
{
	local_irq_enable();
}

__rust_helper void rust_helper_cond_resched(void)
{
	cond_resched();
}

/* The rseq state of the current task, as far as inline C owns it */
__rust_helper void rust_helper_rseq_force_update(void)
{
	rseq_force_update();
}

__rust_helper void rust_helper_rseq_reset(struct task_struct *t)
{
	rseq_reset(t);
}

__rust_helper bool rust_helper_rseq_debugging(void)
{
	return static_branch_unlikely(&rseq_debug_enabled);
}

#ifdef CONFIG_RSEQ_SLICE_EXTENSION
__rust_helper bool rust_helper_rseq_slice_extension_enabled(void)
{
	return rseq_slice_extension_enabled();
}

__rust_helper void rust_helper_set_syscall_work_rseq_slice(struct task_struct *t)
{
	set_task_syscall_work(t, SYSCALL_RSEQ_SLICE);
}

__rust_helper void rust_helper_clear_syscall_work_rseq_slice(struct task_struct *t)
{
	clear_task_syscall_work(t, SYSCALL_RSEQ_SLICE);
}

#ifdef CONFIG_RSEQ_RUST_KUNIT_TEST
__rust_helper bool rust_helper_test_syscall_work_rseq_slice(struct task_struct *t)
{
	return test_task_syscall_work(t, SYSCALL_RSEQ_SLICE);
}
#endif
#endif
