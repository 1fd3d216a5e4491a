// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Programs that do nothing, at the hooks of writes and opens: what hooking alone costs. The agent's own cost
 * is told as a multiple of this.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NOTHING_AT(call)                   \
	SEC("tp/syscalls/sys_exit_" #call) \
	int on_##call(void *context)       \
	{                                  \
		return 0;                  \
	}

NOTHING_AT(write)
NOTHING_AT(pwrite64)
NOTHING_AT(writev)
NOTHING_AT(pwritev)
NOTHING_AT(pwritev2)
NOTHING_AT(sendfile64)
NOTHING_AT(splice)
NOTHING_AT(copy_file_range)
NOTHING_AT(open)
NOTHING_AT(openat)
NOTHING_AT(openat2)
NOTHING_AT(creat)
NOTHING_AT(open_by_handle_at)

char LICENSE[] SEC("license") = "Dual BSD/GPL";
