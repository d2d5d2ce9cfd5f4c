// SPDX-License-Identifier: GPL-2.0

#include "clock.h"
#include "word.h"

__u32 word_of(__u8 request, __u8 granted, __u16 reserved)
{
	struct rseq_slice_ctrl ctrl;

	ctrl.request = request;
	ctrl.granted = granted;
	ctrl.__reserved = reserved;
	return ctrl.all;
}

long spin_while(struct rseq *rs, __u32 val, long loops)
{
	long i;

	for (i = 0; i < loops && word(rs) == val; i++) {
		/* Even what is known to be nobody else's is to be looked at. */
		asm volatile("" : : "r"(rs) : "memory");
	}
	return i;
}

bool request_grant(struct rseq *rs, __u32 request, __u32 granted)
{
	long long start = now();
	long loops = loops_in(2 * NSEC_PER_MSEC);

	do {
		set_word(rs, request);
		spin_while(rs, request, loops);
		/* Not pending over a system call: see request_outlives_syscall */
		set_request(rs, 0);
		if (word(rs) == granted)
			return true;
	} while (now() - start < PATIENCE);
	return false;
}

bool obtain_grant(struct rseq *rs)
{
	return request_grant(rs, REQUESTED, GRANTED);
}
