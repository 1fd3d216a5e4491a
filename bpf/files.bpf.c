/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * File activity of the whole host, counted in the kernel for each writer. Classic tracepoints only: they need neither
 * kprobes nor fentry nor LSM programs.
 *
 *   syscalls/sys_exit_{write,pwrite64,writev,pwritev,pwritev2,sendfile64}   a write; the file is the first argument
 *   syscalls/sys_exit_{splice,copy_file_range}                             a write; the file is the third argument
 *   syscalls/sys_exit_{open,openat,openat2,creat,open_by_handle_at}        an open; the file is the result
 *   syscalls/sys_exit_{unlink,unlinkat,rmdir,rename,renameat,renameat2,mkdir,mkdirat,symlink,symlinkat,link,linkat,
 *       truncate,msync}                                                    done, if the result is 0; known by path only
 *   syscalls/sys_exit_{mknod,mknodat}                                      a create or a special file, by the mode
 *   syscalls/sys_exit_{ftruncate,fallocate,fsync,fdatasync,sync_file_range} done; the file is the first argument
 *   syscalls/sys_exit_mmap                                                 a writable shared mapping of a file
 *   syscalls/sys_enter_io_submit                                           requests of Linux AIO begin
 *   syscalls/sys_exit_io_submit                                            those not taken have not begun
 *   syscalls/sys_exit_{io_getevents,io_pgetevents}                         they are over
 *   io_uring/io_uring_submit_req, io_uring_submit_sqe (up to 6.3)          a request begins
 *   io_uring/io_uring_queue_async_work                                     it is handed to a worker thread
 *   io_uring/io_uring_complete                                             it is over
 *   io_uring/io_uring_req_failed                                           it never began
 *   cgroup/cgroup_{mkdir,rmdir,rename}                                     a name for a cgroup ID
 *
 * Only the exit side of the system calls is traced (but of io_submit), and the arguments are taken from the saved registers: half the cost.
 * One program serves all hooks of a kind, so that the verifier looks at it once. Each exists as `on_X` and as `on_X_probed`;
 * see "ways to read" in kernel.bpf.h. Those of system calls exist three times as `on_X`; see copies.bpf.h.
 */
#include "aio.bpf.h"
#include "hooks.bpf.h"
#include "uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The descriptor was closed by another thread: it may have been a file's, or not. */
static __always_inline int file_is_gone(void)
{
	ADD_ATOMICALLY(&stats.unknown_file, 1);
	return 0;
}

static __always_inline bool is_open_for_writing(struct file *file, bool direct)
{
	return READ(direct, file, f_mode) & FMODE_WRITE;
}

static __always_inline int write_returned(struct task_struct *task, unsigned int descriptor,
					  long result, bool direct)
{
	struct file *file = file_of(task, descriptor, direct);
	enum file_kind kind;
	struct judged *judged;
	struct actor who;

	if (!is_a_file(file, direct)) {
		if (!file && result != -EBADF && !is_to_be_restarted(result))
			file_is_gone();
		return 0;
	}
	/* Nobody has written to a file that is open for reading only: the descriptor is another one's now. */
	if (result >= 0 && !is_open_for_writing(file, direct))
		return result ? file_is_gone() : 0; /* splice of nothing looks at no file */
	judged = find_actor(task, &who, direct);
	kind = kind_of(file, direct);
	count_write(kind, who.slot, who.cgroup, BY_SYSCALL, result);
	if (kind == REGULAR_FILE && result >= 0)
		watch_file(file, &who, judged, OT_WATCHED_WRITE, BY_SYSCALL, direct);
	return 0;
}

static __always_inline int open_returned(struct task_struct *task, long result, enum flags_at where,
					 bool direct)
{
	struct judged *judged;
	struct actor who;
	struct file *made;

	judged = find_actor(task, &who, direct);
	made = count_open(task, &who, BY_SYSCALL, result, where, direct);
	if (made)
		watch_file(made, &who, judged, OT_WATCHED_CREATE, BY_SYSCALL, direct);
	return 0;
}

/* The current task has synced; nothing that is watched. */
static __always_inline int synced(long result, bool direct)
{
	struct actor who;

	if (result)
		return 0;
	find_actor(current_task(direct), &who, direct);
	count_done(who.slot, OT_SYNCS);
	return 0;
}

/* Which argument of a call is the name; before it may stand the descriptor of the directory it begins at. */
enum names_at { NAME_FIRST, NAME_SECOND, NAME_AFTER_DESCRIPTOR, NAME_AFTER_TWO };

/* Watches the name among the arguments of the call that the task is leaving. */
static __always_inline void watch_argument(struct task_struct *task, const struct actor *who,
					   enum names_at where, enum ot_watched watched,
					   bool direct)
{
	__u64 name;
	int directory = AT_FDCWD;

	if (!is_watching())
		return;
	switch (where) {
	case NAME_FIRST:
		name = ARGUMENT(task, 0, direct);
		break;
	case NAME_SECOND:
		name = ARGUMENT(task, 1, direct);
		break;
	case NAME_AFTER_DESCRIPTOR:
		directory = ARGUMENT(task, 0, direct);
		name = ARGUMENT(task, 1, direct);
		break;
	default: /* another name and its descriptor come first */
		directory = ARGUMENT(task, 2, direct);
		name = ARGUMENT(task, 3, direct);
	}
	watch_name(who, name, directory, watched, 0, BY_SYSCALL, direct);
}

static __always_inline int done_by_path(long result, enum names_at where, enum ot_counter which,
					enum ot_watched watched, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct actor who;

	if (result)
		return 0;
	find_actor(task, &who, direct);
	count_done(who.slot, which);
	watch_argument(task, &who, where, watched, direct);
	return 0;
}

/* Both names: what is lost under one of them appears under the other. */
static __always_inline int renamed(long result, bool has_descriptors, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct actor who;

	if (result)
		return 0;
	find_actor(task, &who, direct);
	count_done(who.slot, OT_RENAMES);
	watch_argument(task, &who, has_descriptors ? NAME_AFTER_DESCRIPTOR : NAME_FIRST,
		       OT_WATCHED_RENAME, direct);
	watch_argument(task, &who, has_descriptors ? NAME_AFTER_TWO : NAME_SECOND,
		       OT_WATCHED_RENAME, direct);
	return 0;
}

/* The name of the link: the third argument after the descriptor that is the second. */
static __always_inline int symlinked_at(long result, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct actor who;

	if (result)
		return 0;
	find_actor(task, &who, direct);
	count_done(who.slot, OT_SYMLINKS);
	watch_name(&who, ARGUMENT(task, 2, direct), ARGUMENT(task, 1, direct), OT_WATCHED_SYMLINK,
		   0, BY_SYSCALL, direct);
	return 0;
}

static __always_inline int done_to_file(long result, enum ot_counter which, enum ot_watched watched,
					bool direct)
{
	struct task_struct *task = current_task(direct);
	struct judged *judged;
	struct actor who;
	struct file *file;

	if (result)
		return 0;
	file = file_of(task, ARGUMENT(task, 0, direct), direct);
	if (!file || (which != OT_SYNCS && !is_open_for_writing(file, direct)))
		return file_is_gone();
	if (!is_counted(which, kind_of(file, direct)))
		return 0;
	judged = find_actor(task, &who, direct);
	count_done(who.slot, which);
	if (which != OT_SYNCS)
		watch_file(file, &who, judged, watched, BY_SYSCALL, direct);
	return 0;
}

/* mknod of a regular file is a create; no type at all means a regular file, too. */
static __always_inline int made_node(struct task_struct *task, unsigned int mode, long result,
				     enum names_at where, bool direct)
{
	unsigned int type = mode & S_IFMT;
	struct actor who;

	if (result)
		return 0;
	find_actor(task, &who, direct);
	if (type != S_IFREG && type) {
		count_done(who.slot, OT_MKNODS);
		return 0;
	}
	count_done(who.slot, OT_CREATES);
	watch_argument(task, &who, where, OT_WATCHED_CREATE, direct);
	return 0;
}

/* Stores through the mapping are seen by nobody; that it was made is all there is to know. */
static __always_inline int mapped(long result, bool direct)
{
	struct task_struct *task = current_task(direct);
	unsigned long flags, type;
	struct judged *judged;
	struct actor who;
	struct file *file;

	if (result < 0 && result >= -MAX_ERRNO)
		return 0;
	if (!(ARGUMENT(task, 2, direct) & PROT_WRITE))
		return 0;
	flags = ARGUMENT(task, 3, direct);
	type = flags & MAP_TYPE;
	if (flags & MAP_ANONYMOUS || (type != MAP_SHARED && type != MAP_SHARED_VALIDATE))
		return 0; /* an anonymous one ignores its descriptor */
	file = file_of(task, ARGUMENT(task, 4, direct), direct);
	if (!file || !is_open_for_writing(file, direct))
		return file_is_gone();
	if (kind_of(file, direct) != REGULAR_FILE)
		return 0;
	judged = find_actor(task, &who, direct);
	count_done(who.slot, OT_SHARED_MAPS);
	watch_file(file, &who, judged, OT_WATCHED_SHARED_MAP, BY_SYSCALL, direct);
	return 0;
}

/* `number` is that of the argument which is the descriptor, or the mode. */
#define ON_WRITE(calls, name, number)                                                   \
	ON_SYSCALL(calls, name, WRITE, struct task_struct *task = current_task(direct); \
		   write_returned(task, ARGUMENT(task, number, direct), context->ret, direct))
#define ON_OPEN(calls, name, where)                                                    \
	ON_SYSCALL(calls, name, OPEN, struct task_struct *task = current_task(direct); \
		   open_returned(task, context->ret, where, direct))
#define ON_MKNOD(calls, name, number, where)                                            \
	ON_SYSCALL(calls, name, MKNOD, struct task_struct *task = current_task(direct); \
		   made_node(task, ARGUMENT(task, number, direct), context->ret, where, direct))
/* `WATCHED` is also that of the operation. */
#define ON_PATH(calls, name, where, watched, which) \
	ON_SYSCALL(calls, name, watched,            \
		   done_by_path(context->ret, where, which, OT_WATCHED_##watched, direct))
#define ON_FILE(calls, name, operation, which, watched) \
	ON_SYSCALL(calls, name, operation, done_to_file(context->ret, which, watched, direct))

ON_WRITE("{write,pwrite64,writev,pwritev,pwritev2,sendfile64}", write, 0)
ON_WRITE("{splice,copy_file_range}", write_into, 2)
ON_OPEN("open", open, FLAGS_SECOND)
ON_OPEN("{openat,open_by_handle_at}", openat, FLAGS_THIRD)
ON_OPEN("creat", creat, FLAGS_OF_CREAT)
ON_OPEN("openat2", openat2, FLAGS_NOWHERE)

ON_PATH("{unlink,rmdir}", delete, NAME_FIRST, DELETE, OT_DELETES)
ON_PATH("unlinkat", unlinkat, NAME_AFTER_DESCRIPTOR, DELETE, OT_DELETES)
ON_SYSCALL("rename", rename, RENAME, renamed(context->ret, false, direct))
ON_SYSCALL("{renameat,renameat2}", renameat, RENAME, renamed(context->ret, true, direct))
ON_PATH("mkdir", mkdir, NAME_FIRST, MKDIR, OT_MKDIRS)
ON_PATH("mkdirat", mkdirat, NAME_AFTER_DESCRIPTOR, MKDIR, OT_MKDIRS)
ON_PATH("symlink", symlink, NAME_SECOND, SYMLINK, OT_SYMLINKS)
ON_SYSCALL("symlinkat", symlinkat, SYMLINK, symlinked_at(context->ret, direct))
ON_PATH("link", link, NAME_SECOND, LINK, OT_LINKS)
ON_PATH("linkat", linkat, NAME_AFTER_TWO, LINK, OT_LINKS)
ON_PATH("truncate", truncate, NAME_FIRST, TRUNCATE, OT_TRUNCATES)
ON_SYSCALL("msync", msync, SYNC, synced(context->ret, direct))
ON_MKNOD("mknod", mknod, 1, NAME_FIRST)
ON_MKNOD("mknodat", mknodat, 2, NAME_AFTER_DESCRIPTOR)

ON_FILE("ftruncate", ftruncate, TRUNCATE, OT_TRUNCATES, OT_WATCHED_TRUNCATE)
ON_FILE("fallocate", fallocate, ALLOCATE, OT_ALLOCATES, OT_WATCHED_ALLOCATE)
ON_FILE("{fsync,fdatasync,sync_file_range}", fsync, SYNC, OT_SYNCS, 0)
ON_SYSCALL("mmap", mmap, SHARED_MAP, mapped(context->ret, direct))

AT_SYSCALL("enter_io_submit", begin_aio, struct sys_enter, OT_OPERATION_AIO,
	   submitting(context->arguments, direct))
ON_SYSCALL("io_submit", submit_aio, AIO,
	   iocbs_submitted(current_task(direct), context->ret, direct))
ON_SYSCALL("{io_getevents,io_pgetevents}", reap_aio, AIO,
	   iocbs_reaped(current_task(direct), context->ret, direct))

#define SUBMITTED                                                                                  \
	submitted(LOADED(context->ctx), LOADED(context->req), context->user_data, context->opcode, \
		  context->flags, context->sq_thread, direct)

HOOK("io_uring/io_uring_submit_req", submit_req, struct trace_event_raw_io_uring_submit_req,
     SUBMITTED)
HOOK("io_uring/io_uring_submit_sqe", submit_sqe, struct trace_event_raw_io_uring_submit_sqe,
     SUBMITTED)

HOOK("io_uring/io_uring_complete", complete, struct trace_event_raw_io_uring_complete,
     completed(context, direct))

HOOK("io_uring/io_uring_req_failed", req_failed, struct trace_event_raw_io_uring_req_failed,
     refused(context->req, context->opcode, context->error, direct))

SEC("tp/io_uring/io_uring_queue_async_work")
int on_queue_async_work(struct trace_event_raw_io_uring_queue_async_work *context)
{
	handed_to_worker(LOADED(context->ctx), LOADED(context->req));
	return 0;
}

SEC("tp/cgroup/cgroup_mkdir") int on_cgroup_mkdir(struct trace_event_raw_cgroup *context)
{
	report_cgroup(context, OT_EVENT_CGROUP_MADE);
	return 0;
}

SEC("tp/cgroup/cgroup_rmdir") int on_cgroup_rmdir(struct trace_event_raw_cgroup *context)
{
	report_cgroup(context, OT_EVENT_CGROUP_REMOVED);
	return 0;
}

SEC("tp/cgroup/cgroup_rename") int on_cgroup_rename(struct trace_event_raw_cgroup *context)
{
	report_cgroup(context, OT_EVENT_CGROUP_RENAMED);
	return 0;
}
