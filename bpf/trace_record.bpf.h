/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* A record from its beginning to the ring buffer. */
#ifndef OT_TRACE_RECORD_BPF_H
#define OT_TRACE_RECORD_BPF_H

#include "events.bpf.h"
#include "kinds.bpf.h"
#include "trace_scope.bpf.h"

/* Text may be added as long as there is less than this; each piece is at most OT_PATH_MAX long. */
#define TRACE_TEXT (5 * OT_PATH_MAX)

/* What a call or request that has names was asked to do. */
struct asked {
	__u64 name; /* addresses, or 0 */
	__u64 target;
	__u64 flags;
	__u64 mode;
	int directory; /* that the name is relative to; AT_FDCWD without such an argument */
	int target_directory;
	__u64 in_root; /* also an absolute name begins at the directory */
};

struct trace_scratch {
	struct ot_trace_record record; /* header.length is how much text there is */
	char text[TRACE_TEXT + OT_PATH_MAX];
	/*
	 * In map memory, where the verifier forgets what it knew: it need not go through what follows for each way to get
	 * here, and takes the addresses where a walk begins for the numbers that a global function needs.
	 */
	struct asked asked;
	struct dentry *dentry;
	struct vfsmount *vfsmount;
	struct ot_trace_request request;
	struct file *file; /* of the request */
};

/* One record under construction per CPU; see `scratches` in events.bpf.h. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct trace_scratch);
} trace_scratches SEC(".maps");

static __always_inline struct trace_scratch *trace_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&trace_scratches, &zero);
}

/*
 * The parts of a record that many programs fill in are global functions, one for each way to read: the verifier looks at them
 * once for each program and not for each way to get there, which is most of the time to load.
 */
#define GLOBAL(name, parameters, ...)             \
	__noinline int name##_direct parameters   \
	{                                         \
		return name(__VA_ARGS__, DIRECT); \
	}                                         \
	__noinline int name##_probed parameters   \
	{                                         \
		return name(__VA_ARGS__, PROBED); \
	}

static __always_inline int fill_record(__u32 kind, __u32 operation, __u32 number, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct task_struct *leader = READ(direct, task, group_leader);
	struct task_struct *parent = READ(direct, task, real_parent);
	struct cred *cred = READ(direct, task, cred);
	struct trace_scratch *to = trace_scratch();
	__u64 ids = bpf_get_current_pid_tgid();
	struct ot_trace_record *record;

	if (!to)
		return 0;
	record = &to->record;
	__builtin_memset(record, 0, sizeof(*record));
	record->header.kind = kind;
	record->header.time = bpf_ktime_get_ns();
	record->cgroup = cgroup_of(task, direct);
	record->tgid = ids >> 32;
	record->tid = ids;
	record->parent = READ(direct, parent, tgid);
	record->uid = READ(direct, cred, uid.val);
	record->number = number;
	record->operation = operation;
	record->via = OT_TRACE_BY_SYSCALL;
	if (direct) {
		*(__u64 *)&record->comm[0] = *(__u64 *)&leader->comm[0];
		*(__u64 *)&record->comm[8] = *(__u64 *)&leader->comm[8];
	} else {
		bpf_core_read(record->comm, sizeof(record->comm), &leader->comm);
	}
	if (trace.wants_paths) {
		struct nsproxy *spaces = READ(direct, task, nsproxy);
		struct mnt_namespace *mounts = spaces ? READ(direct, spaces, mnt_ns) : 0;

		if (mounts && READ(direct, mounts, ns.inum) != trace.mount_namespace)
			record->bits |= OT_TRACE_OTHER_ROOT;
	}
	return 0;
}

GLOBAL(fill_record, (__u32 kind, __u32 operation, __u32 number), kind, operation, number)

/* Begins a record about the current task. */
static __always_inline void begin_record(__u32 kind, enum ot_trace_operation operation,
					 __u32 number, bool direct)
{
	if (direct)
		fill_record_direct(kind, operation, number);
	else
		fill_record_probed(kind, operation, number);
}

static __always_inline void note_result(struct trace_scratch *to, long result)
{
	to->record.result = result;
	to->record.bits |= OT_TRACE_HAS_RESULT;
}

/* User space polls by time; it is woken when the ring fills up, and then not for each record. */
#define BETWEEN_WAKEUPS 1000000 /* ns */

/* Whether there was room for it. */
static __always_inline bool send_record(struct trace_scratch *to)
{
	__u32 length = to->record.header.length;
	__u64 now, flags = BPF_RB_NO_WAKEUP;

	if (length > TRACE_TEXT)
		return false;
	if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > config.wakeup_bytes) {
		now = bpf_ktime_get_ns();
		if (now - found.woken > BETWEEN_WAKEUPS) {
			found.woken = now;
			flags = BPF_RB_FORCE_WAKEUP;
		}
	}
	return !bpf_ringbuf_output(&events, to, sizeof(to->record) + length, flags);
}

static __always_inline void send_or_count(struct trace_scratch *to)
{
	if (!send_record(to))
		ADD_ATOMICALLY(&trace_stats.dropped, 1);
}

/* --- names ---------------------------------------------------------------------------------------------------- */

/*
 * The length of what was added, with its NUL; 0 when there is nothing to read. What is as long as the kernel would not take it
 * any more is cut.
 */
static __always_inline __u32 add_name(struct trace_scratch *to, __u64 address, bool is_users)
{
	__u32 end = to->record.header.length;
	long read;

	if (end > TRACE_TEXT)
		return 0;
	read = is_users ? read_user_string(to->text + end, OT_PATH_MAX, (void *)address)
			: bpf_probe_read_kernel_str(to->text + end, OT_PATH_MAX, (void *)address);
	if (read <= 0)
		return 0;
	to->record.header.length = end + read;
	return read;
}

/* --- paths ---------------------------------------------------------------------------------------------------- */

#define MOST_COMPONENTS	  2048
#define PROBED_COMPONENTS 128

/* A walk from a file up to the root, through all its mounts; addresses, since the loop forgets types. */
struct trace_walk {
	__u64 dentry;
	__u64 mount;
	struct trace_scratch *to;
	__u32 begin;
	bool arrived;
};

#define TYPED(address, type, direct)                                                     \
	((direct) ? (struct type *)bpf_rdonly_cast((void *)(address),                    \
						   bpf_core_type_id_kernel(struct type)) \
		  : (struct type *)(address))

/* One step up; returns 1 when there is none left. */
static __always_inline long trace_step(struct trace_walk *walk, bool direct)
{
	struct dentry *dentry = TYPED(walk->dentry, dentry, direct);
	struct mount *mount = TYPED(walk->mount, mount, direct);
	struct dentry *parent = READ(direct, dentry, d_parent);
	struct trace_scratch *to = walk->to;
	__u32 end = to->record.header.length;
	struct mount *above;
	long read;

	if (dentry == READ(direct, mount, mnt.mnt_root)) {
		above = READ(direct, mount, mnt_parent);
		walk->arrived = above == mount;
		walk->dentry = (__u64)READ(direct, mount, mnt_mountpoint);
		walk->mount = (__u64)above;
		return walk->arrived;
	}
	/* Of no mount's tree, or there is no room: a path that lacks its beginning would be a wrong one. */
	if (dentry == parent || end - walk->begin >= OT_PATH_MAX - COMPONENT_MAX ||
	    end > TRACE_TEXT)
		return 1;
	read = bpf_probe_read_kernel_str(to->text + end, COMPONENT_MAX,
					 READ(direct, dentry, d_name.name));
	if (read <= 0)
		return 1;
	to->record.header.length = end + read;
	walk->dentry = (__u64)parent;
	return 0;
}

static long trace_step_of_loop(__u32 index, struct trace_walk *walk)
{
	return trace_step(walk, DIRECT);
}

/* Adds the components from a dentry to the root, and returns their length; 0 when the root was not reached. */
static __always_inline int add_components(bool direct)
{
	struct trace_scratch *to = trace_scratch();
	struct trace_walk walk = { .to = to };
	__u32 begin;

	if (!to)
		return 0;
	walk.dentry = (__u64)to->dentry;
	walk.mount = (__u64)to->vfsmount - bpf_core_field_offset(struct mount, mnt);
	walk.begin = to->record.header.length;
	if (direct) {
		bpf_loop(MOST_COMPONENTS, trace_step_of_loop, &walk, 0);
	} else {
		for (int i = 0; i < PROBED_COMPONENTS; i++)
			if (trace_step(&walk, PROBED))
				break;
	}
	/* Asked for its bounds where it is used: before 5.12 the verifier forgets those of what lies on the stack. */
	begin = walk.begin;
	barrier_var(begin);
	if (!walk.arrived || begin > TRACE_TEXT) {
		to->record.header.length = begin;
		return 0;
	}
	if (to->record.header.length == begin) { /* the root itself: an empty component */
		to->text[begin] = 0;
		to->record.header.length = begin + 1;
	}
	return to->record.header.length - begin;
}

__noinline int add_components_direct(void)
{
	return add_components(DIRECT);
}

__noinline int add_components_probed(void)
{
	return add_components(PROBED);
}

static __always_inline __u32 add_path(struct trace_scratch *to, struct vfsmount *vfsmount,
				      struct dentry *dentry, bool direct)
{
	__u32 length;

	to->vfsmount = vfsmount;
	to->dentry = dentry;
	length = direct ? add_components_direct() : add_components_probed();
	if (!length)
		to->record.bits |= OT_TRACE_IS_UNRESOLVED;
	return length;
}

/* The numbers and the path of a file; false when the kernel has no path for it, as for pipes and memory files. */
static __always_inline bool add_file(struct trace_scratch *to, struct file *file, bool direct)
{
	struct inode *inode = READ(direct, file, f_inode);
	struct super_block *super = READ(direct, inode, i_sb);

	to->record.device = READ(direct, super, s_dev);
	to->record.inode = READ(direct, inode, i_ino);
	to->record.bits |= OT_TRACE_HAS_FILE;
	if (READ(direct, super, s_flags) & SB_KERNMOUNT)
		return false;
	to->record.path_length = add_path(to, READ(direct, file, f_path.mnt),
					  READ(direct, file, f_path.dentry), direct);
	return true;
}

/* The directory that a name begins at; 0 when there is none, since the descriptor is not open. */
static __always_inline int find_base(int directory, bool is_absolute, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct trace_scratch *to = trace_scratch();
	struct fs_struct *fs;
	struct file *file;

	if (!to)
		return 0;
	if (!is_absolute && directory != AT_FDCWD) {
		file = file_of(task, directory, direct);
		return file ? add_path(to, READ(direct, file, f_path.mnt),
				       READ(direct, file, f_path.dentry), direct)
			    : 0;
	}
	fs = READ(direct, task, fs);
	if (!fs)
		return 0;
	return is_absolute ? add_path(to, READ(direct, fs, root.mnt), READ(direct, fs, root.dentry),
				      direct)
			   : add_path(to, READ(direct, fs, pwd.mnt), READ(direct, fs, pwd.dentry),
				      direct);
}

GLOBAL(find_base, (int directory, bool is_absolute), directory, is_absolute)

static __always_inline __u32 add_base(int directory, bool is_absolute, bool direct)
{
	return direct ? find_base_direct(directory, is_absolute)
		      : find_base_probed(directory, is_absolute);
}

#endif
