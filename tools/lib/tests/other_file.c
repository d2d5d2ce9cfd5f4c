// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * A second file of a program: it has the same sections as the first
 */

#include "../rseq-slice.h"
#include "other_file.h"

void inner_section(void)
{
	rseq_slice_enter();
	rseq_slice_leave();
}

void begin_section(void)
{
	rseq_slice_enter();
}
