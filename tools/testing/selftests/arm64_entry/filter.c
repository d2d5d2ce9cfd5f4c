// SPDX-License-Identifier: GPL-2.0

#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>

#include <linux/filter.h>

#include "filter.h"

static void install(struct sock_filter *insns, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		_exit(1);
}

void filter_nr(__u32 nr, __u32 action)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	install(insns, 4);
}

void filter_data(const struct seccomp_data *data, __u32 action)
{
	enum { WORDS = sizeof(*data) / 4 };
	struct sock_filter insns[2 * WORDS + 2], *insn = insns;
	__u32 words[WORDS];

	memcpy(words, data, sizeof(words));
	for (int i = 0; i < WORDS; i++) {
		*insn++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4 * i);
		*insn++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, words[i],
						       0, 2 * (WORDS - 1 - i) + 1);
	}
	*insn++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
	*insn++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	install(insns, insn - insns);
}
