/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One map of every kind the library has a type for, and programs on calls that nobody makes by chance. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct config {
	__u64 wanted; /* the argument that a call must have to be counted */
	__u64 step;
};

struct stats {
	__u64 calls;
	__u64 dropped;
};

struct enter {
	__u64 common;
	long number;
	__u64 arguments[6];
};

const volatile struct config config SEC(".rodata.config") = {};
struct stats stats SEC(".data.stats") = {};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} plain SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u32);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u64);
	__type(value, __u32);
} apart SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

static void send(void *record, __u64 size)
{
	if (bpf_ringbuf_output(&events, record, size, 0))
		__sync_fetch_and_add(&stats.dropped, 1);
}

/* Counts, and reports which call this was. */
SEC("tp/syscalls/sys_enter_getpgid") int on_getpgid(struct enter *call)
{
	__u32 first = 0;
	__u64 *count, number;

	if (call->arguments[0] != config.wanted)
		return 0;
	number = stats.calls++; /* the test makes one call at a time */
	count = bpf_map_lookup_elem(&counts, &first);
	if (count)
		__sync_fetch_and_add(count, config.step);
	send(&number, sizeof(number));
	return 0;
}

/* Takes a number off the queue, notes it in the last element of the array, and reports it in four bytes. */
SEC("tp/syscalls/sys_enter_getsid") int on_getsid(struct enter *call)
{
	__u32 last = 4095, number;
	__u64 *note;

	if (call->arguments[0] != config.wanted || bpf_map_pop_elem(&numbers, &number))
		return 0;
	note = bpf_map_lookup_elem(&counts, &last);
	if (note)
		*note = number;
	send(&number, sizeof(number));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
