// SPDX-License-Identifier: GPL-2.0

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest.h"
#include "support.h"
#include "syscalls.h"

bool slices_enabled(void)
{
	return slice_get() == PR_RSEQ_SLICE_EXT_ENABLE;
}

static bool turned_off(const char *val)
{
	return (*val && strchr("nNfF0", *val)) ||
	       ((*val == 'o' || *val == 'O') && (val[1] == 'f' || val[1] == 'F'));
}

/* Whether an rseq_slice_ext= says no. None says yes again, as the kernel sees it. */
static bool slice_off_by_cmdline(void)
{
	static const char param[] = "rseq_slice_ext=";
	char line[4096] = "", *tok, *save;
	bool off = false;
	FILE *f;

	f = fopen("/proc/cmdline", "r");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	for (tok = strtok_r(line, "\n ", &save); tok; tok = strtok_r(NULL, "\n ", &save)) {
		if (!strncmp(tok, param, strlen(param)))
			off |= turned_off(tok + strlen(param));
	}
	return off;
}

enum slice_support slice_support(void)
{
	if (slice_get() < 0)
		return SLICE_ABSENT;
	return slice_off_by_cmdline() ? SLICE_OFF : SLICE_ON;
}

void need_slices(void)
{
	switch (slice_support()) {
	case SLICE_ABSENT:
		ksft_exit_skip("kernel without time slice extensions\n");
	case SLICE_OFF:
		ksft_exit_skip("time slice extensions are off on the command line\n");
	case SLICE_ON:
		break;
	}
}

void without_libc_rseq(char **argv)
{
	static const char tunable[] = "glibc.pthread.rseq=0";
	const char *old = getenv("GLIBC_TUNABLES");
	char val[1024];

	if (old && strstr(old, tunable))
		return;
	snprintf(val, sizeof(val), "%s%s%s", old ?: "", old ? ":" : "", tunable);
	setenv("GLIBC_TUNABLES", val, 1);
	execv("/proc/self/exe", argv);
	ksft_exit_fail_msg("cannot run again without the libc's rseq: %s\n",
			   strerror(errno));
}
