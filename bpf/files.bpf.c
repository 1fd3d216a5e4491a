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
	__u64 cgroup;
	__u32 slot;

	if (!is_a_file(file, direct)) {
		if (!file && result != -EBADF && !is_to_be_restarted(result))
			file_is_gone();
		return 0;
	}
	/* Nobody has written to a file that is open for reading only: the descriptor is another one's now. */
	if (result >= 0 && !is_open_for_writing(file, direct))
		return result ? file_is_gone() : 0; /* splice of nothing looks at no file */
	slot = current_slot(task, &cgroup, direct);
	count_write(kind_of(file, direct), slot, cgroup, BY_SYSCALL, result);
	return 0;
}

static __always_inline int open_returned(struct task_struct *task, long result, enum flags_at where,
					 bool direct)
{
	__u64 cgroup;
	__u32 slot = current_slot(task, &cgroup, direct);

	count_open(task, slot, cgroup, BY_SYSCALL, result, where, direct);
	return 0;
}

static __always_inline int done_by_path(long result, enum ot_counter which, bool direct)
{
	__u64 cgroup;

	if (result == 0)
		count_done(current_slot(current_task(direct), &cgroup, direct), which);
	return 0;
}

static __always_inline int done_to_file(long result, enum ot_counter which, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct file *file;
	__u64 cgroup;

	if (result)
		return 0;
	file = file_of(task, ARGUMENT(task, 0, direct), direct);
	if (!file || (which != OT_SYNCS && !is_open_for_writing(file, direct)))
		return file_is_gone();
	if (is_counted(which, kind_of(file, direct)))
		count_done(current_slot(task, &cgroup, direct), which);
	return 0;
}

/* mknod of a regular file is a create; no type at all means a regular file, too. */
static __always_inline int made_node(struct task_struct *task, unsigned int mode, long result,
				     bool direct)
{
	unsigned int type = mode & S_IFMT;
	__u64 cgroup;
	__u32 slot;

	if (result)
		return 0;
	slot = current_slot(task, &cgroup, direct);
	if (type == S_IFREG || !type)
		count_done(slot, OT_CREATES);
	else
		count_done(slot, OT_MKNODS);
	return 0;
}

/* Stores through the mapping are seen by nobody; that it was made is all there is to know. */
static __always_inline int mapped(long result, bool direct)
{
	struct task_struct *task = current_task(direct);
	unsigned long flags, type;
	struct file *file;
	__u64 cgroup;

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
	if (kind_of(file, direct) == REGULAR_FILE)
		count_done(current_slot(task, &cgroup, direct), OT_SHARED_MAPS);
	return 0;
}

/* `number` is that of the argument which is the descriptor, or the mode. */
#define ON_WRITE(calls, name, number)                                                   \
	ON_SYSCALL(calls, name, WRITE, struct task_struct *task = current_task(direct); \
		   write_returned(task, ARGUMENT(task, number, direct), context->ret, direct))
#define ON_OPEN(calls, name, where)                                                    \
	ON_SYSCALL(calls, name, OPEN, struct task_struct *task = current_task(direct); \
		   open_returned(task, context->ret, where, direct))
#define ON_MKNOD(calls, name, number)                                                   \
	ON_SYSCALL(calls, name, MKNOD, struct task_struct *task = current_task(direct); \
		   made_node(task, ARGUMENT(task, number, direct), context->ret, direct))
#define ON_PATH(calls, name, operation, which) \
	ON_SYSCALL(calls, name, operation, done_by_path(context->ret, which, direct))
#define ON_FILE(calls, name, operation, which) \
	ON_SYSCALL(calls, name, operation, done_to_file(context->ret, which, direct))

ON_WRITE("{write,pwrite64,writev,pwritev,pwritev2,sendfile64}", write, 0)
ON_WRITE("{splice,copy_file_range}", write_into, 2)
ON_OPEN("open", open, FLAGS_SECOND)
ON_OPEN("{openat,open_by_handle_at}", openat, FLAGS_THIRD)
ON_OPEN("creat", creat, FLAGS_OF_CREAT)
ON_OPEN("openat2", openat2, FLAGS_NOWHERE)

ON_PATH("{unlink,unlinkat,rmdir}", delete, DELETE, OT_DELETES)
ON_PATH("{rename,renameat,renameat2}", rename, RENAME, OT_RENAMES)
ON_PATH("{mkdir,mkdirat}", mkdir, MKDIR, OT_MKDIRS)
ON_PATH("{symlink,symlinkat}", symlink, SYMLINK, OT_SYMLINKS)
ON_PATH("{link,linkat}", link, LINK, OT_LINKS)
ON_PATH("truncate", truncate, TRUNCATE, OT_TRUNCATES)
ON_PATH("msync", msync, SYNC, OT_SYNCS)
ON_MKNOD("mknod", mknod, 1)
ON_MKNOD("mknodat", mknodat, 2)

ON_FILE("ftruncate", ftruncate, TRUNCATE, OT_TRUNCATES)
ON_FILE("fallocate", fallocate, ALLOCATE, OT_ALLOCATES)
ON_FILE("{fsync,fdatasync,sync_file_range}", fsync, SYNC, OT_SYNCS)
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
