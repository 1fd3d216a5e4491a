/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The ring buffer: rare facts only, never one record for each operation. */
#ifndef OT_EVENTS_BPF_H
#define OT_EVENTS_BPF_H

#include "config.bpf.h"

#define PATH_COMPONENTS 64
#define COMPONENT_MAX	256

/*
 * 1 MiB holds about 8,000 cgroup events between two polls. Full: the record is lost and counted in ring_dropped;
 * counts are never lost, a cgroup is then named by its handle, an executable by /proc.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

struct scratch {
	union {
		struct ot_cgroup_event cgroup;
		struct ot_writer_event writer;
	};
	char text[OT_PATH_MAX + COMPONENT_MAX];
};

/* One record under construction per CPU: it does not fit on the stack, and programs on a CPU do not nest while they count. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

/* Sends `size` bytes. User space polls by time: it is woken when the ring fills up, and for what does not wait. */
static __always_inline void send(void *record, __u64 size, bool is_urgent)
{
	__u64 waiting = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA);
	__u64 flags =
		is_urgent || waiting > config.wakeup_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;

	if (bpf_ringbuf_output(&events, record, size, flags))
		ADD_ATOMICALLY(&stats.ring_dropped, 1);
}

/* A walk from a file up to the root, through all its mounts. */
struct walk {
	struct dentry *dentry;
	struct mount *mount;
	struct scratch *
		record; /* its header.length is how much text there is: in map memory the verifier forgets it */
	bool arrived;
};

/* One step up; returns 1 when there is none left. */
static __always_inline long step(struct walk *walk)
{
	/* Locals, for BPF_CORE_READ takes every arrow of its argument for a kernel's. */
	struct dentry *dentry = walk->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = walk->mount, *above;
	__u32 end = walk->record->writer.header.length;
	long read;

	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		walk->arrived = above == mount;
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = above;
		return walk->arrived;
	}
	if (end >= OT_PATH_MAX)
		return 1;
	read = bpf_probe_read_kernel_str(walk->record->text + end, COMPONENT_MAX,
					 BPF_CORE_READ(dentry, d_name.name));
	if (read <= 0)
		return 1;
	walk->record->writer.header.length = end + read;
	walk->dentry = parent;
	/* Of no mount's tree, such as a memfd: its name is all there is. */
	walk->arrived = dentry == parent;
	return walk->arrived;
}

static long step_of_loop(__u32 index, void *walk)
{
	return step(walk);
}

/* Writes the components of the file's path, leaf first, each with its NUL. Since 5.17 the loop is verified once. */
static __always_inline void write_path(struct file *file, struct scratch *record, bool direct)
{
	void *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	struct walk walk = {
		.dentry = BPF_CORE_READ(file, f_path.dentry),
		.mount = vfsmount - bpf_core_field_offset(struct mount, mnt),
		.record = record,
	};

	record->writer.header.length = 0;
	if (direct) {
		bpf_loop(PATH_COMPONENTS, step_of_loop, &walk, 0);
	} else {
		for (int i = 0; i < PATH_COMPONENTS; i++)
			if (step(&walk))
				break;
	}
	if (!walk.arrived)
		record->writer.header.length =
			0; /* a path that lacks its beginning would be a wrong one */
}

static __always_inline void report_writer(struct task_struct *task, struct ot_writer_key *key,
					  __u32 slot, bool direct)
{
	struct file *executable = BPF_CORE_READ(task, mm, exe_file);
	struct scratch *record = scratch();
	__u32 length;

	if (!record || !executable)
		return;
	write_path(executable, record, direct);
	length = record->writer.header.length;
	record->writer.header.kind = OT_EVENT_WRITER_SEEN;
	record->writer.header.time = bpf_ktime_get_ns();
	record->writer.inode = key->exe_inode;
	record->writer.device = key->exe_device;
	record->writer.generation = key->exe_generation;
	record->writer.tgid = BPF_CORE_READ(task, tgid);
	record->writer.slot = slot;
	if (length <= OT_PATH_MAX + COMPONENT_MAX)
		send(record, offsetof(struct scratch, text) + length, false);
}

static __always_inline void report_cgroup(struct trace_event_raw_cgroup *context, __u32 kind)
{
	struct scratch *record;
	long read;

	/* The events come from every hierarchy; the cgroup2 one is number 0. */
	if (context->root != 0)
		return;
	record = scratch();
	if (!record)
		return;
	read = bpf_probe_read_kernel_str(record->text, OT_PATH_MAX,
					 (void *)context + (context->__data_loc_path & 0xffff));
	if (read < 1)
		read = 1;
	if (read > OT_PATH_MAX)
		read = OT_PATH_MAX;
	record->cgroup.header.kind = kind;
	record->cgroup.header.time = bpf_ktime_get_ns();
	record->cgroup.header.length = read - 1;
	record->cgroup.cgroup = context->id;
	/* A container that is done within a moment leaves no files behind that could be asked for its name. */
	send(record, offsetof(struct scratch, text) + read - 1, kind == OT_EVENT_CGROUP_MADE);
}

#endif
