/* SPDX-License-Identifier: GPL-2.0 */
/* System calls with every register known, before and after: see stubs.S */
#ifndef ARM64_ENTRY_STUBS_H
#define ARM64_ENTRY_STUBS_H

#include "abi.h"

struct stub;

struct call {
	long			in[NR_REGS];
	long			out[NR_REGS];
	char			*store;		/* only used by "storing" */
	const struct stub	*stub;		/* not the one of the variant */
};

struct stub {
	void	(*call)(struct call *c);
	char	*svc, *end;
	int	len;			/* of the svc, and its neighbours */
};

#define DECLARE_STUB(name)						\
	void name(struct call *c);					\
	extern char name##_svc[], name##_end[]

#define STUB(name, bytes) { .call = name, .svc = name##_svc, .end = name##_end, .len = bytes }

#ifdef __aarch64__
DECLARE_STUB(a64);
DECLARE_STUB(storing);
#else
DECLARE_STUB(arm);
DECLARE_STUB(thumb);
#endif
/* Another one, at another address */
DECLARE_STUB(other);

#endif
