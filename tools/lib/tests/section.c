// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A section without content, to see what the header costs where it is compiled
 */

#include "../rseq-slice.h"

__attribute__((noinline)) void section(void);
__attribute__((noinline)) void section(void)
{
	rseq_slice_enter();
	rseq_slice_leave();
}

int main(void)
{
	section();
	return 0;
}
