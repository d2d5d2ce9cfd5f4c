/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The table of modes in Documentation/userspace-api/rseq.rst, row by row: what
 * a program gets that registers 32 bytes, and one that registers all there is.
 *
 * Debug mode enforces in legacy mode what it does in V2, and looks at the area
 * more often. Where that changes the outcome, it is expected or skipped.
 */
#ifndef RSEQ_ABI_MODE_H
#define RSEQ_ABI_MODE_H

#include "rseq_abi.h"
#include "member.h"
#include "section.h"

FIXTURE(mode)
{
	struct rseq *rs;
	struct contender contender;
};

FIXTURE_VARIANT(mode)
{
	bool v2;
};

FIXTURE_VARIANT_ADD(mode, legacy) { };
FIXTURE_VARIANT_ADD(mode, v2) { .v2 = true };

static struct member member;
static struct rseq_cs cs;

FIXTURE_SETUP(mode)
{
	ASSERT_TRUE(pin_to(last_cpu()));
	self->rs = area_alloc();
	ASSERT_NE(NULL, self->rs);
	ASSERT_EQ(0, register_mode(self->rs, variant->v2, FLAG_DEFAULT_ON));
	member = (struct member){ .rs = self->rs, .v2 = variant->v2 };
	cs = spin_section();
}

FIXTURE_TEARDOWN(mode)
{
}

#endif
