/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Where it is counted: from a slot to its counters, and failures by their errno. */
#ifndef OT_COUNTERS_BPF_H
#define OT_COUNTERS_BPF_H

#include "kinds.bpf.h"
#include "writers.bpf.h"

/* The counters: `config.shards` entries for each slot, so that CPUs do not share a cache line. Drained by reading. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2048);
	__type(key, __u32);
	__type(value, struct ot_counters);
} counters SEC(".maps");

/* Failures by cgroup, operation and errno. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct ot_error_slot);
} errors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct ot_error_key);
	__type(value, __u32);
} error_slots SEC(".maps");

/* Empty: the failure is still counted with its writer, only its errno is not; counted in error_slots_exhausted. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1024);
	__type(value, __u32);
} free_error_slots SEC(".maps");

/*
 * The slot that a request was submitted with. When its cgroup went meanwhile, the slot may be another's by now, and
 * the request is nobody's.
 */
static __always_inline __u32 still_slot_of(__u32 slot, __u64 cgroup)
{
	struct ot_slot *now = bpf_map_lookup_elem(&slots, &slot);

	if (slot < OT_SLOT_FIRST || (now && now->key.cgroup == cgroup))
		return slot;
	return OT_SLOT_HOST;
}

static __always_inline struct ot_counters *counters_of(__u32 slot)
{
	__u32 index = slot * config.shards + (bpf_get_smp_processor_id() & (config.shards - 1));

	return bpf_map_lookup_elem(&counters, &index);
}

/* With a shard for each CPU nobody else adds to it: programs on a CPU do not nest while they count, and atomics would cost. */
static __always_inline void add(struct ot_counters *to, enum ot_counter which, __u64 value)
{
	if (config.shared_shards)
		ADD_ATOMICALLY(&to->value[which], value);
	else
		to->value[which] += value;
}

/* Counts a failure by its errno, besides the writer's own counter. Global for the reason that find_slot_direct is. */
__noinline int count_error(__u64 cgroup, __u32 operation, __u32 error)
{
	struct ot_error_key key = { .cgroup = cgroup, .operation = operation, .error = error };
	__u32 *known = bpf_map_lookup_elem(&error_slots, &key), index;
	struct ot_error_slot *slot;

	if (!known) {
		if (bpf_map_pop_elem(&free_error_slots, &index)) {
			ADD_ATOMICALLY(&stats.error_slots_exhausted, 1);
			return 0;
		}
		slot = bpf_map_lookup_elem(&errors, &index);
		if (!slot)
			return 0;
		slot->used = 0;
		slot->key = key;
		if (bpf_map_update_elem(&error_slots, &key, &index, BPF_NOEXIST)) {
			bpf_map_push_elem(&free_error_slots, &index, 0);
			known = bpf_map_lookup_elem(&error_slots, &key);
			if (!known)
				return 0;
			index = *known;
		} else {
			slot->used = 1;
		}
	} else {
		index = *known;
	}
	slot = bpf_map_lookup_elem(&errors, &index);
	if (slot)
		ADD_ATOMICALLY(&slot->count, 1);
	return 0;
}

static __always_inline void count_failure(struct ot_counters *to, __u32 slot, __u64 cgroup,
					  enum ot_counter which, enum ot_failing operation,
					  long result)
{
	if (is_to_be_restarted(result))
		return;
	add(to, which, 1);
	if (slot != OT_SLOT_SELF)
		count_error(cgroup, operation, -result);
}

#endif
