// SPDX-License-Identifier: GPL-2.0
/*
 * A module from outside of the tree, for a look at the headers that are
 * packaged for such modules: they are complete, and tell of a task what the
 * kernel keeps there.
 */

#include <linux/entry-common.h>
#include <linux/module.h>
#include <linux/rseq.h>
#include <linux/rseq_entry.h>

static uint registered;
module_param(registered, uint, 0444);
MODULE_PARM_DESC(registered, "Bytes that the task which loaded the module has registered");

static int __init task_rseq_init(void)
{
	registered = current->rseq.usrptr ? current->rseq.len : 0;
	return 0;
}
module_init(task_rseq_init);

static void __exit task_rseq_exit(void)
{
}
module_exit(task_rseq_exit);

MODULE_DESCRIPTION("The registration of rseq, as an external module sees it");
MODULE_LICENSE("GPL");
