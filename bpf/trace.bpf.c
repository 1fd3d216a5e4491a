/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What opentrace asks for, each operation told by itself. Classic tracepoints only; just the programs that a trace needs are
 * loaded and attached.
 *
 *   syscalls/sys_exit_{open,openat,openat2,creat,open_by_handle_at}          an open; the file is the result
 *   syscalls/sys_exit_{unlink,unlinkat,rmdir,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,symlinkat,
 *       truncate,mknod,mknodat,execve,execveat}                              known by names; of execve failures only
 *   syscalls/sys_exit_{write,pwrite64,writev,pwritev,pwritev2,sendfile64,splice,copy_file_range}
 *                                                                            a write; the file is an argument
 *   syscalls/sys_exit_ftruncate                                              the file is the first argument
 *   syscalls/sys_exit_mmap                                                   a writable shared mapping of a file
 *   sched/sched_process_exec                                                 a program was executed
 *   task/task_newtask                                                        a process was made: it is followed
 *   sched/sched_process_exit                                                 a process has ended
 *   io_uring/io_uring_submit_req, io_uring_submit_sqe (up to 6.3)            a request begins
 *   io_uring/io_uring_queue_async_work                                       it is handed to a worker thread
 *   io_uring/io_uring_complete                                               it is over
 *   io_uring/io_uring_req_failed                                             it never began
 *   cgroup/cgroup_{mkdir,rmdir,rename}                                       a name for a cgroup ID
 *
 * Twins and copies are as in files.bpf.c.
 */
#include "hooks.bpf.h"
#include "trace_processes.bpf.h"
#include "trace_uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

ON_SYSCALL("{open,openat,openat2,creat,open_by_handle_at}", open, OPEN, open_over(context, direct))
ON_SYSCALL("{unlink,unlinkat,rmdir,rename,renameat,renameat2,mkdir,mkdirat,link,linkat,symlink,"
	   "symlinkat,truncate,mknod,mknodat,execve,execveat}",
	   name, RENAME, name_over(context, direct))
ON_SYSCALL("{write,pwrite64,writev,pwritev,pwritev2,sendfile64,splice,copy_file_range}", write,
	   WRITE, write_over(context, direct))
ON_SYSCALL("ftruncate", ftruncate, TRUNCATE, truncate_over(context, direct))
ON_SYSCALL("mmap", mmap, SHARED_MAP, map_over(context, direct))

HOOK("task/task_newtask", newtask, struct trace_event_raw_task_newtask,
     process_made(context, direct))
HOOK("sched/sched_process_exec", exec, struct trace_event_raw_sched_process_exec,
     exec_done(context, direct))
HOOK("sched/sched_process_exit", exit, struct trace_event_raw_sched_process_exit,
     process_ended(context, direct))

#define SUBMITTED                                                                       \
	trace_submitted(LOADED(context->ctx), LOADED(context->req), context->user_data, \
			context->opcode, context->flags, context->sq_thread, direct)

HOOK("io_uring/io_uring_submit_req", submit_req, struct trace_event_raw_io_uring_submit_req,
     SUBMITTED)
HOOK("io_uring/io_uring_submit_sqe", submit_sqe, struct trace_event_raw_io_uring_submit_sqe,
     SUBMITTED)
HOOK("io_uring/io_uring_complete", complete, struct trace_event_raw_io_uring_complete,
     trace_completed(context, direct))
HOOK("io_uring/io_uring_req_failed", req_failed, struct trace_event_raw_io_uring_req_failed,
     trace_refused(context, direct))

SEC("tp/io_uring/io_uring_queue_async_work")
int on_queue_async_work(struct trace_event_raw_io_uring_queue_async_work *context)
{
	trace_handed_to_worker(LOADED(context->ctx), LOADED(context->req));
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
