/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Processes from their fork through their programs to their end. */
#ifndef OT_TRACE_PROCESSES_BPF_H
#define OT_TRACE_PROCESSES_BPF_H

#include "trace_calls.bpf.h"

static __always_inline void process_made(struct trace_event_raw_task_newtask *context, bool direct)
{
	struct task_struct *task = current_task(direct);
	__u32 tgid = current_tgid(), child;
	struct trace_scratch *to = trace_scratch();
	bool is_traced;

	if (LOADED(context->clone_flags) & CLONE_THREAD)
		return;
	child = LOADED(context->pid);
	is_traced = is_in_scope(tgid, direct);
	if (trace.scope != OT_SCOPE_HOST &&
	    (is_traced || (trace.scope == OT_SCOPE_CHILDREN && is_tracer(tgid))))
		follow(child);
	if (!to || !is_traced || !is_wanted(OT_TRACE_FORK) || !is_selected(task, child, direct))
		return;
	begin_record(OT_TRACE_DONE, OT_TRACE_FORK, 0, direct);
	note_result(to, child);
	send_or_count(to);
}

/* Of the arguments as much is told as one piece of text holds, and whether that is all. */
static __always_inline void add_arguments(struct trace_scratch *to, struct mm_struct *mm,
					  bool direct)
{
	unsigned long begin = READ(direct, mm, arg_start);
	__u64 length = READ(direct, mm, arg_end) - begin;
	__u32 end = to->record.header.length;
	__u8 cut = 0;

	if (length > OT_PATH_MAX) {
		length = OT_PATH_MAX;
		cut = OT_TRACE_ARGUMENTS_CUT;
	}
	if (!length || end > TRACE_TEXT ||
	    bpf_probe_read_user(to->text + end, length, (void *)begin))
		return;
	to->record.arguments_length = length;
	to->record.bits |= cut;
	to->record.header.length = end + length;
}

/*
 * A program was executed. Its name is as it was passed; of a script the executable is its interpreter, so the directory
 * that the name begins at is told as well.
 */
static __always_inline void exec_done(struct trace_event_raw_sched_process_exec *context,
				      bool direct)
{
	struct task_struct *task = current_task(direct);
	struct trace_scratch *to = trace_scratch();
	struct mm_struct *mm;
	struct file *file;

	if (!to || !is_in_scope(current_tgid(), direct) || !is_selected(task, 0, direct))
		return;
	begin_record(OT_TRACE_DONE, OT_TRACE_EXEC, 0, direct);
	note_result(to, 0);
	ask_nothing(&to->asked);
	to->asked.name = (__u64)((void *)context + (LOADED(context->__data_loc_filename) & 0xffff));
	add_names(to, false);
	mm = READ(direct, task, mm);
	file = mm ? READ(direct, mm, exe_file) : 0;
	if (trace.wants_paths && file) {
		add_file(to, file, direct);
		add_bases(to, direct);
	}
	if (mm)
		add_arguments(to, mm, direct);
	send_or_count(to);
}

/* Ends that were told, where several threads may each find that they are the last; the oldest are forgotten. */
struct end_key {
	__u64 started;
	__u64 tgid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct end_key);
	__type(value, __u32);
} ended SEC(".maps");

/* Whether the thread that ends is the last of its process, told once. */
static __always_inline bool is_last_thread(struct trace_event_raw_sched_process_exit *context,
					   struct task_struct *task, bool direct)
{
	struct task_struct *leader = READ(direct, task, group_leader);
	struct signal_struct *signal = READ(direct, task, signal);
	struct end_key key = {};
	__u32 is = 1;

	if (bpf_core_field_exists(context->group_dead))
		return LOADED(context->group_dead);
	if (READ(direct, signal, live.counter))
		return false;
	key.started = READ(direct, leader, start_boottime);
	key.tgid = current_tgid();
	return !bpf_map_update_elem(&ended, &key, &is, BPF_NOEXIST);
}

static __always_inline void process_ended(struct trace_event_raw_sched_process_exit *context,
					  bool direct)
{
	struct task_struct *task = current_task(direct), *leader;
	__u32 tgid = current_tgid(), status;
	struct signal_struct *signal;
	struct trace_scratch *to = trace_scratch();
	bool is_traced;

	if (!is_last_thread(context, task, direct))
		return;
	is_traced = is_in_scope(tgid, direct);
	if (trace.scope != OT_SCOPE_HOST)
		bpf_map_delete_elem(&followed, &tgid);
	if (!to || !is_traced || !is_wanted(OT_TRACE_EXIT))
		return;
	leader = READ(direct, task, group_leader);
	signal = READ(direct, task, signal);
	/* As wait(2) tells it. */
	status = READ(direct, signal, flags) & SIGNAL_GROUP_EXIT
			 ? READ(direct, signal, group_exit_code)
			 : READ(direct, leader, exit_code);
	/* An end with a code or by a signal is a failure. */
	if (!is_selected(task, status & 0xff7f ? -1 : 0, direct))
		return;
	begin_record(OT_TRACE_DONE, OT_TRACE_EXIT, 0, direct);
	note_result(to, status & 0x7f ? -(long)(status & 0x7f) : (status >> 8) & 0xff);
	send_or_count(to);
}

#endif
