/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Linux AIO. A request is remembered when io_submit begins and counted when io_getevents hands out its result: nothing in
 * between can be traced. Who reaps from the ring in its own memory, without a call, is not seen doing so: these requests
 * expire, and then their results are declared unknown.
 */
#ifndef OT_AIO_BPF_H
#define OT_AIO_BPF_H

#include "files.bpf.h"

/* Of all processes. Full: the request's result will not be known, and is counted so. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct ot_iocb_key);
	__type(value, struct ot_iocb);
} iocbs SEC(".maps");

/*
 * Submissions whose list, or an iocb of it, was not in memory when the call began (the kernel has read it since), by
 * thread: the position of the first such. Full: the results of what follows it are counted as unknown; one thread has one
 * call at a time.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u64);
	__type(value, __u32);
} unread SEC(".maps");

/* Of one call at most, by kernels without bpf_loop (before 5.17), whose verifier walks through each round. */
#define ROUNDS	    128
#define MOST_ROUNDS 4096

struct aio_call {
	__u64 context;
	__u64 list;  /* of pointers to iocbs, or of events, in the process's memory */
	__u32 first; /* of those that are still to be looked at */
	__u32 stopped;
	bool is_late; /* the kernel has taken them already */
};

static __always_inline struct ot_iocb_key key_of_iocb(struct task_struct *task, __u64 context,
						      __u64 iocb, bool direct)
{
	struct ot_iocb_key key = { .mm = (__u64)READ(direct, task, mm),
				   .context = context,
				   .iocb = iocb };

	return key;
}

/* 0, or 1 where the process's memory is not there. */
static __always_inline long remember_iocb(struct aio_call *call, __u32 index, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct ot_iocb pending = {};
	struct judged *judged;
	struct actor who;
	struct ot_iocb_key key;
	struct file *file;
	struct iocb iocb;
	__u64 address;
	__u16 opcode;

	if (bpf_probe_read_user(&address, sizeof(address),
				(void *)(call->list + index * sizeof(address))) ||
	    bpf_probe_read_user(&iocb, sizeof(iocb), (void *)address))
		return 1;
	key = key_of_iocb(task, call->context, address, direct);
	/* One that is still there was reaped without a call. */
	if (!bpf_map_delete_elem(&iocbs, &key))
		ADD_ATOMICALLY(&stats.aio_unknown_results, 1);
	opcode = iocb.aio_lio_opcode;
	pending.is_sync = opcode == IOCB_CMD_FSYNC || opcode == IOCB_CMD_FDSYNC;
	if (!pending.is_sync && opcode != IOCB_CMD_PWRITE && opcode != IOCB_CMD_PWRITEV)
		return 0;
	file = file_of(task, iocb.aio_fildes, direct);
	if (!file && call->is_late) { /* closed meanwhile: it may have been a file's */
		ADD_ATOMICALLY(&stats.aio_unknown_results, 1);
		not_judged(1);
	}
	if (!is_a_file(file, direct))
		return 0;
	pending.begun = bpf_jiffies64();
	judged = find_actor(task, &who, direct);
	pending.slot = who.slot;
	pending.cgroup = who.cgroup;
	pending.kind = kind_of(file, direct);
	if (pending.is_sync && !is_counted(OT_SYNCS, pending.kind))
		return 0;
	if (bpf_map_update_elem(&iocbs, &key, &pending, BPF_ANY))
		ADD_ATOMICALLY(&stats.aio_unknown_results, 1);
	/* Judged here: when its result is reaped the file may be gone. */
	if (pending.kind == REGULAR_FILE && !pending.is_sync &&
	    READ(direct, file, f_mode) & FMODE_WRITE)
		watch_file(file, &who, judged, OT_WATCHED_WRITE, BY_SYSCALL, direct);
	return 0;
}

static __always_inline long forget_iocb(struct aio_call *call, __u32 index, bool direct)
{
	struct ot_iocb_key key;
	__u64 address;

	if (bpf_probe_read_user(&address, sizeof(address),
				(void *)(call->list + index * sizeof(address))))
		return 1;
	key = key_of_iocb(current_task(direct), call->context, address, direct);
	bpf_map_delete_elem(&iocbs, &key);
	return 0;
}

static __always_inline long count_event(struct aio_call *call, __u32 index, bool direct)
{
	struct ot_iocb *pending;
	struct io_event event;
	struct ot_iocb_key key;
	__u64 cgroup;
	__u32 slot;

	if (bpf_probe_read_user(&event, sizeof(event),
				(void *)(call->list + index * sizeof(event))))
		return 1;
	key = key_of_iocb(current_task(direct), call->context, event.obj, direct);
	pending = bpf_map_lookup_elem(&iocbs, &key);
	if (!pending)
		return 0;
	cgroup = pending->cgroup;
	slot = still_slot_of(pending->slot, cgroup);
	if (!pending->is_sync)
		count_write(pending->kind, slot, cgroup, BY_SYSCALL, event.res);
	else if (event.res == 0)
		count_done(slot, OT_SYNCS);
	bpf_map_delete_elem(&iocbs, &key);
	return 0;
}

/*
 * Does it for each position from call->first to `end`, as far as it goes: call->first then says how far. Within bpf_loop
 * the position must come from the loop, for of a variable of ours the verifier would look at each value.
 */
#define EACH_IOCB(name, what)                                                                    \
	static long name##_step(__u32 index, struct aio_call *call)                              \
	{                                                                                        \
		call->stopped = what(call, call->first + index, DIRECT);                         \
		return call->stopped;                                                            \
	}                                                                                        \
	static __always_inline void name(struct aio_call *call, __u32 end, bool direct)          \
	{                                                                                        \
		__u32 count = end - call->first;                                                 \
                                                                                                 \
		if (end <= call->first)                                                          \
			return;                                                                  \
		if (direct) {                                                                    \
			count = bpf_loop(count < MOST_ROUNDS ? count : MOST_ROUNDS, name##_step, \
					 call, 0);                                               \
			call->first += count - call->stopped;                                    \
			return;                                                                  \
		}                                                                                \
		for (int i = 0; i < ROUNDS && call->first < end; i++, call->first++)             \
			if (what(call, call->first, PROBED))                                     \
				return;                                                          \
	}
EACH_IOCB(remember_iocbs, remember_iocb)
EACH_IOCB(forget_iocbs, forget_iocb)
EACH_IOCB(count_events, count_event)

static __always_inline void iocbs_unread(__u64 count)
{
	ADD_ATOMICALLY(&stats.aio_unknown_results, count);
	not_judged(count);
}

/* io_submit begins: its results may be handed to another thread before it returns. */
static __always_inline void submitting(unsigned long *arguments, bool direct)
{
	struct aio_call call = { .context = arguments[0], .list = arguments[2] };
	__u64 thread = bpf_get_current_pid_tgid();
	long count = arguments[1];

	if (count <= 0)
		return;
	remember_iocbs(&call, count, direct);
	if (call.first >= count)
		bpf_map_delete_elem(&unread, &thread); /* of a call whose end was missed */
	else if (bpf_map_update_elem(&unread, &thread, &call.first, BPF_ANY))
		iocbs_unread(count - call.first);
}

/* io_submit returns how many it has taken, or why it has not taken the first. */
static __always_inline void iocbs_submitted(struct task_struct *task, long result, bool direct)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u32 count = ARGUMENT(task, 1, direct), taken = result > 0 ? result : 0;
	struct aio_call call = {
		.context = ARGUMENT(task, 0, direct),
		.list = ARGUMENT(task, 2, direct),
	};
	__u32 *first = bpf_map_lookup_elem(&unread, &thread);

	if (first) {
		count = *first; /* so many were remembered when it began */
		call.first = count;
		call.is_late = true;
		bpf_map_delete_elem(&unread, &thread);
		remember_iocbs(&call, taken, direct);
		if (call.first < taken)
			iocbs_unread(taken - call.first);
	}
	call.first = taken;
	forget_iocbs(&call, count, direct);
}

static __always_inline void iocbs_reaped(struct task_struct *task, long result, bool direct)
{
	struct aio_call call = {
		.context = ARGUMENT(task, 0, direct),
		.list = ARGUMENT(task, 3, direct),
	};

	if (result > 0)
		count_events(&call, result, direct);
}

#endif
