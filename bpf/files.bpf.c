/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * File activity of the whole host, counted in the kernel for each writer. Classic tracepoints only: they need neither
 * kprobes nor fentry nor LSM programs.
 *
 *   syscalls/sys_exit_{write,pwrite64,writev,pwritev,pwritev2,sendfile64}   a write; the file is the first argument
 *   syscalls/sys_exit_{splice,copy_file_range}                             a write; the file is the third argument
 *   syscalls/sys_exit_{open,openat,openat2,creat,open_by_handle_at}        an open; the file is the result
 *   io_uring/io_uring_submit_req, io_uring_submit_sqe (up to 6.2)          a request begins
 *   io_uring/io_uring_queue_async_work                                     it is handed to a worker thread
 *   io_uring/io_uring_complete                                             it is over
 *   io_uring/io_uring_req_failed                                           it never began
 *   cgroup/cgroup_{mkdir,rmdir,rename}                                     a name for a cgroup ID
 *
 * Only the exit side of the system calls is traced, and the arguments are taken from the saved registers: half the cost.
 * Each hook exists as `on_X` and as `on_X_probed`; see "ways to read" in kernel.bpf.h.
 */
#include "uring.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __always_inline int write_returned(long result, enum argument which, bool direct)
{
	struct task_struct *task = current_task(direct);
	enum file_kind kind = kind_of(file_of(task, syscall_argument(task, which, direct), direct), direct);
	__u64 cgroup;
	__u32 slot;

	if (kind == NOT_A_FILE)
		return 0;
	slot = current_slot(task, &cgroup, direct);
	count_write(kind, slot, cgroup, BY_SYSCALL, result);
	return 0;
}

static __always_inline int open_returned(long result, bool direct)
{
	struct task_struct *task = current_task(direct);
	__u64 cgroup;
	__u32 slot = current_slot(task, &cgroup, direct);

	count_open(task, slot, cgroup, BY_SYSCALL, result, direct);
	return 0;
}

#define HOOK(event, name, context_type, call)                                 \
	SEC("tp/" event) int on_##name(context_type *context)                 \
	{                                                                     \
		const bool direct = DIRECT;                                   \
		call;                                                         \
		return 0;                                                     \
	}                                                                     \
	SEC("tp/" event) int on_##name##_probed(context_type *context)        \
	{                                                                     \
		const bool direct = PROBED;                                   \
		call;                                                         \
		return 0;                                                     \
	}

#define ON_WRITE(name, which) \
	HOOK("syscalls/sys_exit_" #name, name, struct sys_exit, write_returned(context->ret, which, direct))
#define ON_OPEN(name) HOOK("syscalls/sys_exit_" #name, name, struct sys_exit, open_returned(context->ret, direct))

ON_WRITE(write, FIRST_ARGUMENT)
ON_WRITE(pwrite64, FIRST_ARGUMENT)
ON_WRITE(writev, FIRST_ARGUMENT)
ON_WRITE(pwritev, FIRST_ARGUMENT)
ON_WRITE(pwritev2, FIRST_ARGUMENT)
ON_WRITE(sendfile64, FIRST_ARGUMENT)
ON_WRITE(splice, THIRD_ARGUMENT)
ON_WRITE(copy_file_range, THIRD_ARGUMENT)

ON_OPEN(open)
ON_OPEN(openat)
ON_OPEN(openat2)
ON_OPEN(creat)
ON_OPEN(open_by_handle_at)

#define SUBMITTED                                                                                                       \
	submitted(LOADED(context->ctx), LOADED(context->req), context->user_data, context->opcode, context->flags, \
		  context->sq_thread, direct)

HOOK("io_uring/io_uring_submit_req", submit_req, struct trace_event_raw_io_uring_submit_req, SUBMITTED)
HOOK("io_uring/io_uring_submit_sqe", submit_sqe, struct trace_event_raw_io_uring_submit_sqe, SUBMITTED)

HOOK("io_uring/io_uring_complete", complete, struct trace_event_raw_io_uring_complete, completed(context, direct))

HOOK("io_uring/io_uring_req_failed", req_failed, struct trace_event_raw_io_uring_req_failed,
     refused(context->req, context->opcode, context->error, direct))

SEC("tp/io_uring/io_uring_queue_async_work")
int on_queue_async_work(struct trace_event_raw_io_uring_queue_async_work *context)
{
	__u64 user_data = 0;

	if (bpf_core_field_exists(context->user_data))
		bpf_core_read(&user_data, sizeof(user_data), &context->user_data);
	handed_to_worker(LOADED(context->ctx), LOADED(context->req), user_data);
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
