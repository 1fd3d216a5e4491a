/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* System calls that are over: what they were asked to do is in the registers and in the memory of the program still. */
#ifndef OT_TRACE_CALLS_BPF_H
#define OT_TRACE_CALLS_BPF_H

#include "trace_record.bpf.h"

struct open_how {
	__u64 flags;
	__u64 mode;
	__u64 resolve;
};

static __always_inline void add_names(struct trace_scratch *to, bool is_users)
{
	if (to->asked.name)
		to->record.name_length = add_name(to, to->asked.name, is_users);
	if (to->asked.target)
		to->record.target_length = add_name(to, to->asked.target, is_users);
}

/* Whether the name that is there in the text is absolute. */
static __always_inline bool is_absolute(struct trace_scratch *to, __u32 at)
{
	barrier_var(at);
	return at <= OT_PATH_MAX && to->text[at] == '/';
}

/* The directories that the names begin at, where they are wanted. */
static __always_inline void add_bases(struct trace_scratch *to, bool direct)
{
	if (!trace.wants_paths)
		return;
	if (to->record.name_length)
		to->record.base_length = add_base(to->asked.directory,
						  to->text[0] == '/' && !to->asked.in_root, direct);
	if (to->record.target_length)
		to->record.target_base_length =
			add_base(to->asked.target_directory,
				 is_absolute(to, to->record.name_length), direct);
}

static __always_inline void ask_nothing(struct asked *asked)
{
	__builtin_memset(asked, 0, sizeof(*asked));
	asked->directory = asked->target_directory = AT_FDCWD;
}

/* --- opens ---------------------------------------------------------------------------------------------------- */

static __always_inline void asked_to_open(struct task_struct *task, __u32 number,
					  struct asked *asked, bool direct)
{
	ask_nothing(asked);
	switch (number) {
#ifdef __NR_open
	case __NR_open:
		asked->name = ARGUMENT(task, 0, direct);
		asked->flags = (int)ARGUMENT(task, 1, direct);
		asked->mode = (unsigned short)ARGUMENT(task, 2, direct);
		break;
	case __NR_creat:
		asked->name = ARGUMENT(task, 0, direct);
		asked->flags = O_CREAT | O_WRONLY | O_TRUNC;
		asked->mode = (unsigned short)ARGUMENT(task, 1, direct);
		break;
#endif
	case __NR_openat:
		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		asked->flags = (int)ARGUMENT(task, 2, direct);
		asked->mode = (unsigned short)ARGUMENT(task, 3, direct);
		break;
	case __NR_openat2: {
		struct open_how how = {};

		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		if (bpf_probe_read_user(&how, sizeof(how), (void *)ARGUMENT(task, 2, direct)))
			break;
		asked->flags = how.flags;
		asked->mode = how.mode;
		asked->in_root = how.resolve & RESOLVE_IN_ROOT;
		break;
	}
	default: /* open_by_handle_at */
		asked->flags = (int)ARGUMENT(task, 2, direct);
	}
}

/* The file that an open has led to, with what is to be told of it; false when the kernel has no path for it. */
static __always_inline void note_created(struct trace_scratch *to, bool created)
{
	to->record.bits |= OT_TRACE_HAS_CREATED | (created ? OT_TRACE_IS_CREATED : 0);
}

static __always_inline bool is_made_by(__u32 mode, __u64 flags)
{
	return mode & FMODE_CREATED || (flags & TMPFILE && !(mode & FMODE_PATH));
}

static __always_inline int open_over(struct sys_exit *context, bool direct)
{
	struct task_struct *task = current_task(direct);
	long result = context->ret;
	__u32 number = context->nr, mode = 0;
	struct trace_scratch *to = trace_scratch();
	struct file *file = 0;
	bool created;

	if (!to || is_to_be_restarted(result) || !is_in_scope(current_tgid(), direct) ||
	    !is_selected(task, result, direct))
		return 0;
	asked_to_open(task, number, &to->asked, direct);
	if (result >= 0) {
		file = file_of(task, result, direct);
		mode = file ? READ(direct, file, f_mode) : 0;
		/* Another thread may have closed it, and opened another one, by now. */
		if (file && !is_plainly_opened(mode) &&
		    !is_opened_with(file, mode, to->asked.flags, direct))
			file = 0;
	}
	created = file && is_made_by(mode, to->asked.flags);
	if (!passes(to->asked.flags, created, result)) {
		count_filtered();
		return 0;
	}
	begin_record(OT_TRACE_DONE, OT_TRACE_OPEN, number, direct);
	to->record.flags = to->asked.flags;
	to->record.mode = to->asked.mode;
	note_result(to, result);
	if (result < 0 || file)
		note_created(to, created);
	add_names(to, true);
	if (trace.wants_paths && (!file || !add_file(to, file, direct)))
		add_bases(to, direct);
	send_or_count(to);
	return 0;
}

/* --- what is known by its names ------------------------------------------------------------------------------- */

/* Which operation it is; OT_TRACE_OPERATIONS when it is none of ours. */
static __always_inline enum ot_trace_operation asked_by_name(struct task_struct *task, __u32 number,
							     struct asked *asked, bool direct)
{
	ask_nothing(asked);
	switch (number) {
#ifdef __NR_open
	case __NR_unlink:
	case __NR_rmdir:
		asked->name = ARGUMENT(task, 0, direct);
		return OT_TRACE_DELETE;
	case __NR_rename:
		asked->name = ARGUMENT(task, 0, direct);
		asked->target = ARGUMENT(task, 1, direct);
		return OT_TRACE_RENAME;
	case __NR_mkdir:
		asked->name = ARGUMENT(task, 0, direct);
		asked->mode = (unsigned short)ARGUMENT(task, 1, direct);
		return OT_TRACE_MKDIR;
	case __NR_link:
	case __NR_symlink:
		asked->name = ARGUMENT(task, 0, direct);
		asked->target = ARGUMENT(task, 1, direct);
		return OT_TRACE_LINK;
	case __NR_mknod:
		asked->name = ARGUMENT(task, 0, direct);
		asked->mode = (unsigned short)ARGUMENT(task, 1, direct);
		return OT_TRACE_CREATE;
	case __NR_renameat:
#endif
	case __NR_renameat2:
		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		asked->target_directory = ARGUMENT(task, 2, direct);
		asked->target = ARGUMENT(task, 3, direct);
		if (number == __NR_renameat2)
			asked->flags = (__u32)ARGUMENT(task, 4, direct);
		return OT_TRACE_RENAME;
	case __NR_unlinkat:
		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		asked->flags = (__u32)ARGUMENT(task, 2, direct);
		return OT_TRACE_DELETE;
	case __NR_mkdirat:
	case __NR_mknodat:
		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		asked->mode = (unsigned short)ARGUMENT(task, 2, direct);
		return number == __NR_mkdirat ? OT_TRACE_MKDIR : OT_TRACE_CREATE;
	case __NR_linkat:
		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		asked->target_directory = ARGUMENT(task, 2, direct);
		asked->target = ARGUMENT(task, 3, direct);
		asked->flags = (__u32)ARGUMENT(task, 4, direct);
		return OT_TRACE_LINK;
	case __NR_symlinkat:
		asked->name = ARGUMENT(task, 0, direct);
		asked->target_directory = ARGUMENT(task, 1, direct);
		asked->target = ARGUMENT(task, 2, direct);
		return OT_TRACE_LINK;
	case __NR_truncate:
		asked->name = ARGUMENT(task, 0, direct);
		return OT_TRACE_TRUNCATE;
	case __NR_execve:
		asked->name = ARGUMENT(task, 0, direct);
		return OT_TRACE_EXEC;
	case __NR_execveat:
		asked->directory = ARGUMENT(task, 0, direct);
		asked->name = ARGUMENT(task, 1, direct);
		return OT_TRACE_EXEC;
	}
	return OT_TRACE_OPERATIONS;
}

static __always_inline int name_over(struct sys_exit *context, bool direct)
{
	struct task_struct *task = current_task(direct);
	enum ot_trace_operation operation;
	long result = context->ret;
	__u32 number = context->nr;
	struct trace_scratch *to = trace_scratch();

	if (!to || is_to_be_restarted(result) || !is_in_scope(current_tgid(), direct))
		return 0;
	operation = asked_by_name(task, number, &to->asked, direct);
	if (operation == OT_TRACE_OPERATIONS)
		return 0;
	/* Of one that succeeded the old program's memory is gone; see exec_done. */
	if (operation == OT_TRACE_EXEC && result >= 0)
		return 0;
	/* No type at all means a regular file, too. */
	if (operation == OT_TRACE_CREATE && to->asked.mode & S_IFMT &&
	    (to->asked.mode & S_IFMT) != S_IFREG)
		return 0;
	if (!is_selected(task, result, direct))
		return 0;
	begin_record(OT_TRACE_DONE, operation, number, direct);
	to->record.mode = to->asked.mode;
	to->record.flags = to->asked.flags;
	note_result(to, result);
	if (operation == OT_TRACE_CREATE)
		note_created(to, result == 0);
	add_names(to, true);
	add_bases(to, direct);
	send_or_count(to);
	return 0;
}

/* --- what is done to an open file ----------------------------------------------------------------------------- */

/* The files each process has written to already, for who wants to know no more; the oldest is forgotten when it is full. */
struct write_key {
	__u64 inode;
	__u32 device;
	__u32 tgid;
	__u64 failed;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct write_key);
	__type(value, __u32);
} written SEC(".maps");

static __always_inline bool is_first_write(struct file *file, __u32 tgid, long result, bool direct)
{
	struct inode *inode = READ(direct, file, f_inode);
	struct super_block *super = READ(direct, inode, i_sb);
	struct write_key key = {
		.inode = READ(direct, inode, i_ino),
		.device = READ(direct, super, s_dev),
		.tgid = tgid,
		.failed = result < 0,
	};
	__u32 is = 1;

	if (bpf_map_lookup_elem(&written, &key))
		return false;
	bpf_map_update_elem(&written, &key, &is, BPF_ANY);
	return true;
}

/* Whether it is to be told that a file was written to, or the like. */
static __always_inline bool is_told(struct task_struct *task, struct file *file,
				    enum ot_trace_operation operation, long result, bool direct)
{
	if (kind_of(file, direct) != REGULAR_FILE ||
	    (result >= 0 && !(READ(direct, file, f_mode) & FMODE_WRITE)))
		return false;
	if (!is_selected(task, result, direct))
		return false;
	if (operation == OT_TRACE_WRITE && trace.only_first_writes &&
	    !is_first_write(file, current_tgid(), result, direct)) {
		count_filtered();
		return false;
	}
	return true;
}

static __always_inline void tell(struct task_struct *task, struct file *file,
				 enum ot_trace_operation operation, __u32 number, long result,
				 bool direct)
{
	struct trace_scratch *to = trace_scratch();

	if (!to || !is_told(task, file, operation, result, direct))
		return;
	begin_record(OT_TRACE_DONE, operation, number, direct);
	note_result(to, result);
	if (trace.wants_paths)
		add_file(to, file, direct);
	send_or_count(to);
}

static __always_inline int write_over(struct sys_exit *context, bool direct)
{
	struct task_struct *task = current_task(direct);
	__u32 number = context->nr, descriptor;

	if (is_to_be_restarted(context->ret) || !is_in_scope(current_tgid(), direct))
		return 0;
	descriptor = number == __NR_splice || number == __NR_copy_file_range
			     ? ARGUMENT(task, 2, direct)
			     : ARGUMENT(task, 0, direct);
	tell(task, file_of(task, descriptor, direct), OT_TRACE_WRITE, number, context->ret, direct);
	return 0;
}

static __always_inline int truncate_over(struct sys_exit *context, bool direct)
{
	struct task_struct *task = current_task(direct);

	if (is_to_be_restarted(context->ret) || !is_in_scope(current_tgid(), direct))
		return 0;
	tell(task, file_of(task, ARGUMENT(task, 0, direct), direct), OT_TRACE_TRUNCATE, context->nr,
	     context->ret, direct);
	return 0;
}

/* Stores through the mapping are seen by nobody; that it was made is all there is to know. Its address is not told. */
static __always_inline int map_over(struct sys_exit *context, bool direct)
{
	struct task_struct *task = current_task(direct);
	unsigned long flags, type;
	long result = context->ret;

	if (!is_in_scope(current_tgid(), direct) || !(ARGUMENT(task, 2, direct) & PROT_WRITE))
		return 0;
	flags = ARGUMENT(task, 3, direct);
	type = flags & MAP_TYPE;
	if (flags & MAP_ANONYMOUS || (type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
		return 0; /* an anonymous one ignores its descriptor */
	if (result >= 0 || result < -MAX_ERRNO)
		result = 0;
	tell(task, file_of(task, ARGUMENT(task, 4, direct), direct), OT_TRACE_SHARED_MAP,
	     context->nr, result, direct);
	return 0;
}

#endif
