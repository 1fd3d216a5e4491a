/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Who did it: from the current task to the slot of its writer.
 *
 * A slot is found in three steps, cheapest first: the task's own cached slot; the hash of known writers; a free slot.
 * When the free slots have run out, the cgroup's own slot counts for all its writers, and when these have run out too,
 * the host's. Counts are never dropped; what is lost is the detail, and user space sees it from the slot's number.
 */
#ifndef OT_WRITERS_BPF_H
#define OT_WRITERS_BPF_H

#include "events.bpf.h"

/* The sizes below are replaced before load by what max_kernel_memory allows. */

/* Whose each slot is. Written here when a slot is taken, read by user space through its own mapping. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct ot_slot);
} slots SEC(".maps");

/* From writer to slot; as many entries as slots, so it is full only when the queues below are empty. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct ot_writer_key);
	__type(value, __u32);
} writers SEC(".maps");

/*
 * The free slots, filled by user space. A queue, because handing out numbers with an atomic fetch-and-add needs 5.12.
 * Empty: the cgroup's slot is used.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1024);
	__type(value, __u32);
} free_slots SEC(".maps");

/* Slots kept for whole cgroups, so that 10,000 of one cgroup's writers cannot hide another cgroup. Empty: the host's. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 256);
	__type(value, __u32);
} free_cgroup_slots SEC(".maps");

/* Whose operation it is. */
struct actor {
	__u64 cgroup;
	__u64 writer; /* a hash of all that tells writers apart, the cgroup too: also where the slots have run out */
	__u32 slot;
};

/* What a task was when its slot was looked up; the slot is right only while nothing of this has changed. */
struct identity {
	__u64 cgroup;
	__u64 writer;
	__u64 exec_id; /* counts execve: a pointer to the executable could be reused */
	struct file *executable;
	__u64 comm[2];
	__u32 uid;
	__u32 slot;
};

/* The directory whose operations were last found settled, or that all of the writer's are; see watch.bpf.h. */
struct judged {
	__u64 seed; /* of ot_watch; 0: nothing yet */
	struct inode *directory;
	struct super_block *super;
	__u64 number;
	__u32 generation;
	__u32 watched; /* ot_watched, or EVERYTHING */
};

struct known_task {
	struct identity who;
	struct judged judged;
};

/* Hands an identity to find_slot, which as a global function takes no pointer to it before 5.12. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct identity);
} sought SEC(".maps");

/* Set in what find_slot returns: not the writer's own slot. */
#define SLOT_SHARED (1U << 31)

/* Grows with the tasks that write, freed with them. Busy on this CPU or out of memory: the hash is asked. Since 5.12. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct known_task);
} identities SEC(".maps");

/* Takes a slot for `key`, or finds the one that another CPU took meanwhile. */
static __always_inline bool take_slot(void *queue, struct ot_writer_key *key, __u32 tgid,
				      __u32 *slot)
{
	struct ot_slot *taken;
	__u32 *known, index;

	if (bpf_map_pop_elem(queue, &index))
		return false;
	taken = bpf_map_lookup_elem(&slots, &index);
	if (!taken)
		return false;
	taken->used = 0; /* it may have been another writer's before */
	taken->key = *key;
	taken->tgid = tgid;
	taken->since = bpf_ktime_get_ns();
	if (!bpf_map_update_elem(&writers, key, &index, BPF_NOEXIST)) {
		taken->used = 1; /* after the bucket's lock, so never before the key */
		*slot = index;
		return true;
	}
	bpf_map_push_elem(queue, &index, 0);
	known = bpf_map_lookup_elem(&writers, key);
	if (!known)
		return false;
	*slot = *known;
	return true;
}

static __always_inline __u64 writer_of(struct ot_writer_key *key)
{
	__u64 hash = mixed(key->cgroup, key->exe_inode);

	hash = mixed(hash, (__u64)key->exe_device << 32 | key->exe_generation);
	hash = mixed(hash, key->uid);
	hash = mixed(hash, *(__u64 *)&key->comm[0]);
	return mixed(hash, *(__u64 *)&key->comm[8]);
}

/* The slot of the writer in `sought`, which the current task has not cached. */
static __always_inline __u32 find_slot(bool direct)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 zero = 0;
	struct identity *who = bpf_map_lookup_elem(&sought, &zero);
	struct ot_writer_key key = { .owner = OT_OWNER_WRITER };
	__u32 *known, slot, tgid = BPF_CORE_READ(task, tgid);
	struct inode *executable;
	struct file *file;

	if (!who)
		return OT_SLOT_HOST | SLOT_SHARED;
	if (is_self())
		return OT_SLOT_SELF;
	file = who->executable;
	executable = file ? BPF_CORE_READ(file, f_inode) : 0;
	if (executable) {
		key.exe_inode = BPF_CORE_READ(executable, i_ino);
		key.exe_device = BPF_CORE_READ(executable, i_sb, s_dev);
		key.exe_generation = BPF_CORE_READ(executable, i_generation);
	}
	key.cgroup = who->cgroup;
	key.uid = who->uid;
	__builtin_memcpy(key.comm, who->comm, sizeof(key.comm));
	who->writer = writer_of(&key);
	known = bpf_map_lookup_elem(&writers, &key);
	if (known)
		return *known;
	if (take_slot(&free_slots, &key, tgid, &slot)) {
		report_writer(task, &key, slot, direct);
		return slot;
	}

	__builtin_memset(&key, 0, sizeof(key));
	key.cgroup = who->cgroup;
	key.owner = OT_OWNER_CGROUP;
	known = bpf_map_lookup_elem(&writers, &key);
	if (known)
		return *known | SLOT_SHARED;
	if (take_slot(&free_cgroup_slots, &key, tgid, &slot))
		return slot | SLOT_SHARED;
	return OT_SLOT_HOST | SLOT_SHARED;
}

/*
 * Global functions, so that the verifier looks at them once for each program and not once for each way to get there:
 * that is most of the time to load.
 */
__noinline __u32 find_slot_direct(void)
{
	return find_slot(DIRECT);
}

__noinline __u32 find_slot_probed(void)
{
	return find_slot(PROBED);
}

/* Who the current task is; returns what was judged of it, or NULL where nothing is kept for tasks. */
static __always_inline struct judged *find_actor(struct task_struct *task, struct actor *actor,
						 bool direct)
{
	struct task_struct *leader = READ(direct, task, group_leader);
	struct mm_struct *mm = READ(direct, task, mm);
	struct cred *cred = READ(direct, task, cred);
	struct identity *cached, *seek, who = {};
	struct known_task *known = 0;
	__u32 slot, zero = 0;

	who.cgroup = actor->cgroup = cgroup_of(task, direct);
	who.exec_id = READ(direct, task, self_exec_id);
	who.executable = mm ? READ(direct, mm, exe_file) : 0;
	who.uid = READ(direct, cred, uid.val);
	if (direct) {
		who.comm[0] = *(__u64 *)&leader->comm[0];
		who.comm[1] = *(__u64 *)&leader->comm[8];
	} else {
		bpf_core_read(who.comm, sizeof(who.comm), &leader->comm);
	}

	if (direct || HAS_TASK_STORAGE)
		known = bpf_task_storage_get(&identities, (void *)task, 0,
					     BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (known) {
		cached = &known->who;
		if (cached->cgroup == who.cgroup && cached->exec_id == who.exec_id &&
		    cached->executable == who.executable && cached->uid == who.uid &&
		    cached->comm[0] == who.comm[0] && cached->comm[1] == who.comm[1]) {
			actor->slot = cached->slot;
			actor->writer = cached->writer;
			return &known->judged;
		}
	}

	seek = bpf_map_lookup_elem(&sought, &zero);
	actor->slot = OT_SLOT_HOST;
	actor->writer = 0;
	if (!seek)
		return 0;
	*seek = who;
	slot = direct ? find_slot_direct() : find_slot_probed();
	who.writer = seek->writer;
	who.slot = slot & ~SLOT_SHARED;
	actor->slot = who.slot;
	actor->writer = who.writer;
	if (!known)
		return 0;
	if (slot & SLOT_SHARED)
		who.cgroup = 0; /* look again next time: slots may have become free */
	known->who = who;
	known->judged.seed = 0;
	return &known->judged;
}

#endif
