/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A sighting from its beginning to the ring buffer: rare, so nothing here is made for speed. */
#ifndef OT_WATCH_RECORD_BPF_H
#define OT_WATCH_RECORD_BPF_H

#include "writers.bpf.h"

/*
 * Text may be added as long as there is less than this; each piece is at most OT_PATH_MAX long. There is a buffer for each
 * CPU, so it is not made for five of the longest: what comes last is then left out, and is known otherwise.
 */
#define WATCH_TEXT (2 * OT_PATH_MAX)

/*
 * About 1,000 to 2,000 sightings between two polls; user space is woken for each new directory. Full: the sighting is
 * counted in sightings_dropped and not marked, so that the next operation of its kind is one again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 512 << 10);
} sightings SEC(".maps");

/* What is to be told. In map memory, where the verifier forgets what it knew: see trace_record.bpf.h. */
struct seen {
	struct actor actor;
	struct file *file;     /* of a request, where a global function needs it */
	struct dentry *dentry; /* of the file, or of the directory that the name begins at */
	struct vfsmount *mount;
	__u64 directory_mark; /* 0: of no directory that could be marked */
	__u64 mark;	      /* of the file or the name */
	__u64 writer_mark;
	__u64 request;
	__u32 name_length;
	__u8 watched;
	__u8 via; /* ot_via and one, or 0 */
	__u8 is_named;
};

struct watch_scratch {
	struct ot_sighting record;	     /* header.length is how much text there is */
	char text[WATCH_TEXT + OT_PATH_MAX]; /* a name comes first, before there is a record */
	struct seen seen;
};

/* One sighting under construction per CPU; see `scratches` in events.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct watch_scratch);
} watch_scratches SEC(".maps");

static __always_inline struct watch_scratch *watch_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&watch_scratches, &zero);
}

/* --- paths ---------------------------------------------------------------------------------------------------- */

#define WATCHED_COMPONENTS	  2048
#define WATCHED_COMPONENTS_PROBED 128

struct watch_walk {
	struct dentry *dentry;
	struct mount *mount; /* NULL: not beyond the file system */
	struct watch_scratch *to;
	__u32 begin;
	bool arrived;
};

/* One step up; returns 1 when there is none left. */
static __always_inline long watch_step(struct watch_walk *walk)
{
	struct dentry *dentry = walk->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = walk->mount, *above;
	struct watch_scratch *to = walk->to;
	struct vfsmount *seen = to->seen.mount;
	__u32 end = to->record.header.length;
	long read;

	if (mount && dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		above = BPF_CORE_READ(mount, mnt_parent);
		walk->arrived = above == mount;
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = above;
		return above == mount ? 1 : 0;
	}
	if (dentry == parent) {
		/*
		 * With mounts there is no way up: no mount's tree. Without, a file that was found by its handle has nothing above it;
		 * a directory always has, though where it ends need not be what the file system began with (NFS).
		 */
		walk->arrived = !mount && (dentry != to->seen.dentry ||
					   dentry == BPF_CORE_READ(dentry, d_sb, s_root) ||
					   dentry == BPF_CORE_READ(seen, mnt_root));
		return 1;
	}
	if (end - walk->begin >= OT_PATH_MAX - COMPONENT_MAX || end > WATCH_TEXT)
		return 1;
	read = bpf_probe_read_kernel_str(to->text + end, COMPONENT_MAX,
					 BPF_CORE_READ(dentry, d_name.name));
	if (read <= 0)
		return 1;
	to->record.header.length = end + read;
	walk->dentry = parent;
	return 0;
}

static long watch_step_of_loop(__u32 index, struct watch_walk *walk)
{
	return watch_step(walk);
}

/* Adds the components from `seen.dentry` up, and returns their length; 0 when the root was not reached. */
static __always_inline int add_watched_path(bool with_mounts, bool direct)
{
	struct watch_walk walk = {};
	struct watch_scratch *to;
	__u32 begin;

	if (!config.mark_sets)
		return 0;
	walk.to = to = watch_scratch();
	if (!to)
		return 0;
	walk.dentry = to->seen.dentry;
	if (with_mounts)
		walk.mount = (void *)to->seen.mount - bpf_core_field_offset(struct mount, mnt);
	walk.begin = to->record.header.length;
	if (direct) {
		bpf_loop(WATCHED_COMPONENTS, watch_step_of_loop, &walk, 0);
	} else {
		for (int i = 0; i < WATCHED_COMPONENTS_PROBED; i++)
			if (watch_step(&walk))
				break;
	}
	/* Asked for its bounds where it is used: before 5.12 the verifier forgets those of what lies on the stack. */
	begin = walk.begin;
	barrier_var(begin);
	if (!walk.arrived || begin > WATCH_TEXT) {
		to->record.header.length = begin;
		return 0;
	}
	if (to->record.header.length == begin) { /* the root itself: an empty component */
		to->text[begin] = 0;
		to->record.header.length = begin + 1;
	}
	return to->record.header.length - begin;
}

/* Global, so that the verifier looks at them once for each program. */
__noinline int add_watched_path_direct(bool with_mounts)
{
	return add_watched_path(with_mounts, DIRECT);
}

__noinline int add_watched_path_probed(bool with_mounts)
{
	return add_watched_path(with_mounts, PROBED);
}

/* --- records -------------------------------------------------------------------------------------------------- */

/* Parent, grandparent and so on, as long as there are any. */
static __always_inline void add_parents(struct ot_sighting *record, struct task_struct *task)
{
	for (int i = 0; i < OT_MOST_PARENTS; i++) {
		struct ot_parent *to = &record->parent[i];

		task = BPF_CORE_READ(task, real_parent, group_leader);
		to->tgid = BPF_CORE_READ(task, tgid);
		if (!to->tgid)
			return;
		bpf_core_read(to->comm, sizeof(to->comm), &task->comm);
		record->parents = i + 1;
	}
}

/* What the current task says of the writer, which it is. */
static __always_inline void add_current(struct watch_scratch *to, bool direct)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct ot_sighting *record = &to->record;
	struct file *file = BPF_CORE_READ(task, mm, exe_file);
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	record->tgid = BPF_CORE_READ(task, tgid);
	record->uid = BPF_CORE_READ(task, cred, uid.val);
	record->mount_namespace = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	bpf_core_read(record->comm, sizeof(record->comm), &leader->comm);
	add_parents(record, leader);
	if (!file)
		return;
	record->exe_device = BPF_CORE_READ(file, f_inode, i_sb, s_dev);
	record->exe_inode = BPF_CORE_READ(file, f_inode, i_ino);
	record->exe_generation = BPF_CORE_READ(file, f_inode, i_generation);
	to->seen.dentry = BPF_CORE_READ(file, f_path.dentry);
	to->seen.mount = BPF_CORE_READ(file, f_path.mnt);
	record->exe_path_length =
		direct ? add_watched_path_direct(true) : add_watched_path_probed(true);
	record->exe_within_length =
		direct ? add_watched_path_direct(false) : add_watched_path_probed(false);
}

/* What the writer's slot says, when another task ends its request. */
static __always_inline void add_slot(struct watch_scratch *to)
{
	__u32 index = to->seen.actor.slot;
	struct ot_slot *slot = bpf_map_lookup_elem(&slots, &index);

	/* Nobody knows who it was: no rule allows this user, whom there cannot be. */
	if (!slot || index < OT_SLOT_FIRST || slot->key.owner != OT_OWNER_WRITER) {
		to->record.uid = ~0U;
		return;
	}
	to->record.tgid = slot->tgid;
	to->record.uid = slot->key.uid;
	to->record.exe_device = slot->key.exe_device;
	to->record.exe_inode = slot->key.exe_inode;
	to->record.exe_generation = slot->key.exe_generation;
	__builtin_memcpy(to->record.comm, slot->key.comm, sizeof(to->record.comm));
}

static __always_inline bool send_sighting(struct watch_scratch *to, bool is_urgent)
{
	__u32 length = to->record.header.length;
	__u64 flags = is_urgent ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;

	if (length > WATCH_TEXT + OT_PATH_MAX)
		return false;
	return !bpf_ringbuf_output(&sightings, to, sizeof(to->record) + length, flags);
}

/* Tells what is `seen`; false when there was no room for it. A request may be ended by another task than its writer. */
static __always_inline bool tell_sighting(struct watch_scratch *to, bool is_urgent, bool is_request,
					  bool direct)
{
	struct ot_sighting *record = &to->record;
	struct actor now = to->seen.actor;
	struct dentry *dentry = to->seen.dentry;
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);

	__builtin_memset(record, 0, sizeof(*record));
	record->header.kind = OT_EVENT_SIGHTED;
	record->header.length = record->name_length = to->seen.name_length;
	record->header.time = bpf_ktime_get_ns();
	record->cgroup = to->seen.actor.cgroup;
	record->directory_mark = to->seen.directory_mark;
	record->writer_mark = to->seen.writer_mark;
	record->mark = to->seen.mark;
	record->request = to->seen.request;
	record->watched = to->seen.watched;
	record->via = to->seen.via;
	record->is_named = to->seen.is_named;
	record->inode = BPF_CORE_READ(inode, i_ino);
	record->device = BPF_CORE_READ(inode, i_sb, s_dev);
	record->path_length =
		direct ? add_watched_path_direct(true) : add_watched_path_probed(true);
	record->within_length =
		direct ? add_watched_path_direct(false) : add_watched_path_probed(false);
	if (is_request)
		find_actor(current_task(direct), &now, direct);
	if (now.writer == to->seen.actor.writer)
		add_current(to, direct);
	else
		add_slot(to);
	return send_sighting(to, is_urgent);
}

#endif
