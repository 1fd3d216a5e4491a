/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Requests of io_uring in two records: what was asked, when it is submitted and the names are kernel memory; what came of it,
 * when it is complete. User space joins them. Requests without names have one, at the end.
 */
#ifndef OT_TRACE_URING_BPF_H
#define OT_TRACE_URING_BPF_H

#include "trace_requests.bpf.h"

/* --- submission ----------------------------------------------------------------------------------------------- */

/* Tells what was asked; false when that did not get into the buffer. */
static __always_inline bool tell_beginning(struct trace_scratch *to,
					   struct ot_trace_request *request, bool direct)
{
	begin_record(OT_TRACE_BEGUN, operation_of(request->opcode), request->opcode, direct);
	request->begun = to->record.header.time;
	to->record.request = request->address;
	to->record.begun = request->begun;
	to->record.flags = to->asked.flags;
	to->record.mode = to->asked.mode;
	to->record.via = request->via;
	add_names(to, false);
	add_bases(to, direct);
	return send_record(to);
}

static __always_inline struct ot_request_key key_of(void *ring, void *address, __u64 user_data,
						    bool direct)
{
	struct ot_request_key key = {};

	if (direct || completion_names_request()) {
		key.first = (__u64)address;
	} else {
		key.first = (__u64)ring;
		key.second = user_data;
	}
	return key;
}

static __always_inline void trace_submitted(void *ring, void *address, __u64 user_data, __u8 opcode,
					    __u64 flags, bool by_sqpoll, bool direct)
{
	bool is_named = direct || completion_names_request();
	struct ot_request_key key = key_of(ring, address, user_data, direct);
	struct ot_trace_request *other = bpf_map_lookup_elem(&trace_requests, &key);
	struct task_struct *task = current_task(direct);
	struct ot_trace_request request = {
		.address = (__u64)address,
		.opcode = opcode,
		.tid = bpf_get_current_pid_tgid(),
		.in_flight = 1,
	};
	struct trace_scratch *to = trace_scratch();

	if (!to)
		return;
	ask_nothing(&to->asked);
	request.is_ours = is_traced_opcode(opcode) && is_in_scope(current_tgid(), direct);
	if (is_named && other) {
		/* A request that is still there has ended untold: its memory is used again. */
		to->request = *other;
		bpf_map_delete_elem(&trace_requests, &key);
		if (direct)
			tell_untold_direct();
		else
			tell_untold_probed();
	}
	if (!request.is_ours && (is_named || !completion_is_told(ring)))
		return;
	request.via = by_sqpoll ? OT_VIA_SQPOLL : OT_VIA_INLINE;
	if (request.is_ours) {
		if (has_names(opcode))
			asked_of_request(address, opcode, &to->asked);
		if (is_uring_open(opcode)) {
			struct io_open *open = address;

			if (bpf_core_field_exists(open->file_slot))
				request.file_slot = BPF_CORE_READ(open, file_slot);
			request.flags = to->asked.flags;
			if (!may_pass(request.flags)) {
				count_filtered();
				request.is_ours = 0;
			}
		}
		if (trace.has_uid && request.is_ours && !is_selected(task, -1, direct))
			request.is_ours = 0;
	}
	if (request.is_ours && (has_names(opcode) || flags & REQUEST_SKIPS_COMPLETION)) {
		request.has_record = tell_beginning(to, &request, direct);
		if (!request.has_record) {
			ADD_ATOMICALLY(&trace_stats.dropped, 1);
			request.is_ours = 0;
		}
	}
	if (!is_named && other) {
		/* Whose the next result is nobody can tell. */
		ended_untold(to, other, direct);
		other->in_flight++;
		other->is_ours = other->has_record = 0;
		ended_untold(to, &request, direct);
		return;
	}
	if (!request.is_ours && is_named)
		return;
	if (!is_named && !completion_is_told(ring)) {
		ended_untold(to, &request, direct);
		return;
	}
	if (bpf_map_update_elem(&trace_requests, &key, &request, BPF_ANY))
		ended_untold(to, &request, direct);
}

static __always_inline void trace_handed_to_worker(void *ring, void *address)
{
	struct ot_request_key key = { .first = (__u64)address };
	struct ot_trace_request *request;

	if (!completion_names_request()) {
		struct io_kiocb___before *kiocb = address;

		key.first = (__u64)ring;
		key.second = BPF_CORE_READ(kiocb, user_data);
	}
	request = bpf_map_lookup_elem(&trace_requests, &key);
	if (request && request->via == OT_VIA_INLINE)
		request->via = OT_VIA_WORKER;
}

/* --- completion ----------------------------------------------------------------------------------------------- */

static __always_inline bool take_request(struct trace_event_raw_io_uring_complete *context,
					 struct ot_trace_request *request, bool direct)
{
	struct ot_trace_request *known;
	struct ot_request_key key;
	void *address = 0;
	bool more;

	/* Not a plain load: the compiler would choose the offset first, and a moved context is not to be loaded from. */
	if (direct || completion_names_request())
		bpf_core_read(&address, sizeof(address), &context->req);
	key = key_of(LOADED(context->ctx), address, context->user_data, direct);
	known = bpf_map_lookup_elem(&trace_requests, &key);
	if (!known)
		return false;
	more = bpf_core_field_exists(context->cflags) && LOADED(context->cflags) & COMPLETION_MORE;
	*request = *known;
	if (!direct && !completion_names_request()) {
		if (more)
			return false;
		if (known->in_flight > 1) {
			known->in_flight--;
			return false;
		}
	}
	return !bpf_map_delete_elem(&trace_requests, &key);
}

/* The file a request is about: of an open the one it led to. */
static __always_inline struct file *file_of_request(struct task_struct *task,
						    struct ot_trace_request *request, void *ring,
						    int result, bool direct)
{
	struct io_kiocb *kiocb = (void *)request->address;

	if (!is_uring_open(request->opcode))
		return BPF_CORE_READ(kiocb, file);
	if (result < 0)
		return 0;
	if (!request->file_slot)
		return file_of(task, result, direct);
	/* A slot chosen by the kernel is the result, one chosen by the program is not. */
	return direct_file(ring, request->file_slot == ANY_SLOT ? result : request->file_slot - 1);
}

/* The kind of an open file is looked at by probe reads: it need not be one of the current task. */
static __always_inline bool is_told_of_request(struct ot_trace_request *request, struct file *file,
					       bool created, int result)
{
	enum ot_trace_operation operation = operation_of(request->opcode);

	if (operation == OT_TRACE_OPEN)
		return passes(request->flags, created, result);
	if (trace.only_failures && result >= 0)
		return false;
	if (operation == OT_TRACE_WRITE && trace.only_first_writes)
		return is_first_write(file, current_tgid(), result, PROBED);
	return true;
}

static __always_inline void trace_completed(struct trace_event_raw_io_uring_complete *context,
					    bool direct)
{
	struct task_struct *task = current_task(direct);
	struct trace_scratch *to = trace_scratch();
	struct ot_trace_request *request;
	int result = context->res;
	bool created, is_filtered;
	struct io_kiocb *kiocb;
	struct file *file;
	__u32 mode = 0;

	if (!to)
		return;
	request = &to->request;
	if (!take_request(context, request, direct) || !request->is_ours)
		return;
	kiocb = (void *)request->address;
	if (completion_names_request() && BPF_CORE_READ(kiocb, opcode) != request->opcode) {
		ended_untold(to, request, direct);
		return;
	}
	/* A worker takes the next request of a link by itself, and nobody reports that it was handed over. */
	if (request->via == OT_VIA_INLINE && READ(direct, task, flags) & PF_IO_WORKER)
		request->via = OT_VIA_WORKER;
	to->file = file_of_request(task, request, LOADED(context->ctx), result, direct);
	file = to->file;
	barrier_var(file);
	if (!has_names(request->opcode) && kind_of(file, PROBED) != REGULAR_FILE) {
		if (!request->has_record)
			return;
		is_filtered = true; /* told because it skips its completion; no file's after all */
		created = false;
	} else {
		mode = file ? READ(PROBED, file, f_mode) : 0;
		created =
			is_uring_open(request->opcode) && file && is_made_by(mode, request->flags);
		is_filtered = !is_told_of_request(request, file, created, result) ||
			      (trace.only_failures && result >= 0);
		if (is_filtered)
			count_filtered();
	}
	if (is_filtered && !request->has_record)
		return;
	begin_end(to, request, direct);
	note_result(to, result);
	if (is_filtered) {
		to->record.bits |= OT_TRACE_IS_FILTERED;
	} else {
		if (is_uring_open(request->opcode) && (result < 0 || file))
			note_created(to, created);
		if (trace.wants_paths && file &&
		    !(has_names(request->opcode) && !is_uring_open(request->opcode)))
			add_file(to, file, PROBED);
	}
	send_end(to, request);
}

/* Refused while it was prepared: never submitted. What it asked for is in the event, as it was passed. */
static __always_inline void trace_refused(struct trace_event_raw_io_uring_req_failed *context,
					  bool direct)
{
	struct task_struct *task = current_task(direct);
	__u8 opcode = LOADED(context->opcode);
	struct trace_scratch *to = trace_scratch();
	long error = LOADED(context->error);

	if (!to || !is_traced_opcode(opcode) || !is_in_scope(current_tgid(), direct) ||
	    !has_names(opcode))
		return;
	ask_nothing(&to->asked);
	if (opcode == URING_OPENAT) {
		to->asked.flags = LOADED(context->op_flags);
		to->asked.mode = LOADED(context->len);
	} else if (opcode == URING_OPENAT2) {
		struct open_how how = {};

		bpf_probe_read_user(&how, sizeof(how), (void *)LOADED(context->off));
		to->asked.flags = how.flags;
		to->asked.mode = how.mode;
	}
	if (operation_of(opcode) == OT_TRACE_OPEN && !passes(to->asked.flags, false, error)) {
		count_filtered();
		return;
	}
	if (!is_selected(task, error, direct))
		return;
	begin_record(OT_TRACE_DONE, operation_of(opcode), opcode, direct);
	/* Requests are prepared by who submits them, or by the SQPOLL thread. */
	to->record.via = READ(direct, task, flags) & PF_IO_WORKER ? OT_VIA_SQPOLL : OT_VIA_INLINE;
	to->record.flags = to->asked.flags;
	to->record.mode = to->asked.mode;
	note_result(to, error);
	if (is_uring_open(opcode))
		note_created(to, false);
	to->asked.name = LOADED(context->addr);
	add_names(to, true);
	send_or_count(to);
}

#endif
