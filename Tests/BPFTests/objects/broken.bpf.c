/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What can go wrong, each thing in a program or map of its own that a test can leave out. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* No hash map has no room at all. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 0);
	__type(key, __u32);
	__type(value, __u32);
} impossible SEC(".maps");

struct enter {
	__u64 common;
	long number;
	__u64 arguments[6];
};

__u64 calls SEC(".data.calls") = 0;

/* Counts the calls with the number of no process that the tests make. */
SEC("tp/syscalls/sys_enter_getpgid") int on_fine(struct enter *call)
{
	if (call->arguments[0] == 0x7abcdef1)
		calls++;
	return 0;
}

/* Looks at memory that nobody gave it. */
SEC("tp/syscalls/sys_enter_getpgid") int on_refused(void *call)
{
	return *(volatile int *)(bpf_get_prandom_u32() + 8UL);
}

SEC("tp/syscalls/sys_enter_no_such_call") int on_nothing(void *call)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
