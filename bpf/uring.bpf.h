/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * io_uring by request: remembered when it is submitted, counted when it completes, with its result. Entries into the
 * kernel's write functions would count a request twice when it is first tried inline and then by a worker.
 */
#ifndef OT_URING_BPF_H
#define OT_URING_BPF_H

#include "requests.bpf.h"
#include "watch_uring.bpf.h"

/* The file that a request which was just submitted is about; NULL when it has none yet. */
static __always_inline struct file *file_at_submission(void *ring, void *address, __u64 flags,
						       bool direct)
{
	struct io_kiocb *kiocb = address;

	if (!bpf_core_field_exists(kiocb->cqe.fd))
		return BPF_CORE_READ(kiocb, file);
	if (flags & REQUEST_HAS_DIRECT_FILE)
		return direct_file(ring, BPF_CORE_READ(kiocb, cqe.fd));
	return file_of(current_task(direct), BPF_CORE_READ(kiocb, cqe.fd), direct);
}

/* What a request does to its file, where nobody will tell the end. */
static __always_inline void watch_unanswered(void *ring, void *address, __u8 opcode, __u64 flags,
					     const struct actor *who, int via, bool direct)
{
	struct file *file;

	if (!is_watching() || !is_watched_by_file(opcode) || who->slot == OT_SLOT_SELF)
		return;
	file = file_at_submission(ring, address, flags, direct);
	if (!file) /* of a request that waits for another one, it may be opened by that */
		ADD_ATOMICALLY(&stats.sightings_dropped, 1);
	if (kind_of(file, PROBED) == REGULAR_FILE && READ(PROBED, file, f_mode) & FMODE_WRITE)
		watch_as(file, who, 0, watched_of(opcode), via, PROBED, false, direct);
}

static __always_inline void submitted(void *ring, void *address, __u64 user_data, __u8 opcode,
				      __u64 flags, bool by_sqpoll, bool direct)
{
	struct ot_request request = { .begun = bpf_jiffies64(),
				      .address = (__u64)address,
				      .opcode = opcode };
	struct task_struct *task;
	struct actor who;
	bool is_answered;

	if (!direct && !completion_is_told(ring)) {
		/* Whatever else is asked of such a ring is refused, and that is told. */
		if (is_uring_write(opcode))
			ADD_ATOMICALLY(&stats.uring_unknown_results, 1);
		return;
	}
	request.is_counted = is_counted_request(opcode);
	if (!request.is_counted) {
		/* Its completion must not be taken for that of another one. */
		if (!direct && !completion_names_request())
			remember_unnamed(ring, user_data, &request);
		return;
	}
	is_answered = !(flags & REQUEST_SKIPS_COMPLETION);
	if (!is_answered)
		ADD_ATOMICALLY(&stats.uring_unknown_results, 1);
	if (is_uring_open(opcode)) {
		struct io_open *open = address;

		if (bpf_core_field_exists(open->file_slot))
			request.file_slot = BPF_CORE_READ(open, file_slot);
	}
	task = current_task(direct);
	request.via = by_sqpoll ? OT_VIA_SQPOLL : OT_VIA_INLINE;
	find_actor(task, &who, direct);
	request.slot = who.slot;
	request.cgroup = who.cgroup;
	request.writer = who.writer;
	if (direct || completion_names_request()) {
		is_answered = is_answered && remember(address, &request);
		request.is_sighted =
			watch_submitted(address, opcode, is_answered, &who, request.via, direct);
		if (!is_answered)
			watch_unanswered(ring, address, opcode, flags, &who, request.via, direct);
		else if (request.is_sighted)
			note_sighted(address);
		return;
	}
	request.is_sighted =
		watch_submitted(address, opcode, is_answered, &who, request.via, direct);
	note_file(&request);
	if (is_answered)
		remember_unnamed(ring, user_data, &request);
}

static __always_inline void handed_to_worker(void *ring, void *address)
{
	struct ot_request *request = completion_names_request() ? remembered(address)
								: remembered_unnamed(ring, address);

	if (request && request->via == OT_VIA_INLINE)
		request->via = OT_VIA_WORKER;
}

/*
 * An open into the ring's own table: there is no descriptor, and no other task can have closed it. The file that it made, or
 * NULL.
 */
static __always_inline struct file *count_direct_open(struct ot_request *request, void *ring,
						      int result)
{
	struct ot_counters *to = counters_of(request->slot);
	struct file *file;

	if (!to)
		return 0;
	if (result < 0) {
		count_failure(to, request->slot, request->cgroup, OT_OPEN_FAILURES, OT_FAILING_OPEN,
			      result);
		return 0;
	}
	/* A slot chosen by the kernel is the result, one chosen by the program is not. */
	file = direct_file(ring, request->file_slot == ANY_SLOT ? result : request->file_slot - 1);
	return count_opened(0, to, file, request->via, FLAGS_NOWHERE, false) ? file : 0;
}

/* The kind of the file the request is about; at completion the request still holds it. */
static __always_inline enum file_kind kind_of_request(struct ot_request *request)
{
	struct io_kiocb *kiocb = (void *)request->address;
	struct file *file;

	if (request->has_kind)
		return request->kind;
	file = BPF_CORE_READ(kiocb, file);
	if (!file) /* cancelled before it had its file */
		ADD_ATOMICALLY(&stats.unknown_file, 1);
	return kind_of(file, false);
}

/* A request whose success is all there is to count. Says whether it is one whose file is watched. */
static __always_inline bool completed_other(struct ot_request *request, int result)
{
	struct ot_counters *to = counters_of(request->slot);

	if (!to || result < 0)
		return false;
	switch (counter_of(
		request->opcode)) { /* each position a constant: the verifier need not bound an index */
	case OT_SYNCS:
		if (is_counted(OT_SYNCS, kind_of_request(request)))
			add(to, OT_SYNCS, 1);
		break;
	case OT_ALLOCATES:
		if (!is_counted(OT_ALLOCATES, kind_of_request(request)))
			break;
		add(to, OT_ALLOCATES, 1);
		return true;
	case OT_TRUNCATES:
		if (!is_counted(OT_TRUNCATES, kind_of_request(request)))
			break;
		add(to, OT_TRUNCATES, 1);
		return true;
	case OT_RENAMES:
		add(to, OT_RENAMES, 1);
		break;
	case OT_DELETES:
		add(to, OT_DELETES, 1);
		break;
	case OT_MKDIRS:
		add(to, OT_MKDIRS, 1);
		break;
	case OT_SYMLINKS:
		add(to, OT_SYMLINKS, 1);
		break;
	case OT_LINKS:
		add(to, OT_LINKS, 1);
		break;
	default:
		break;
	}
	return false;
}

/* Counts what a request came to, and returns the file that it changed; NULL when that is judged already, or none. */
static __always_inline struct file *count_request(struct ot_request *request, void *ring,
						  int result, bool direct)
{
	struct io_kiocb *kiocb = (void *)request->address;
	struct actor who = actor_of(request);
	enum file_kind kind;

	if (is_uring_open(request->opcode))
		return request->file_slot ? count_direct_open(request, ring, result)
					  : count_open(current_task(direct), &who, request->via,
						       result, FLAGS_NOWHERE, direct);
	if (!is_uring_write(request->opcode)) {
		if (!completed_other(request, result))
			return 0;
	} else {
		kind = kind_of_request(request);
		if (kind != NOT_A_FILE)
			count_write(kind, request->slot, request->cgroup, request->via, result);
		if (kind != REGULAR_FILE || result < 0)
			return 0;
	}
	return is_watching() && !request->has_kind ? BPF_CORE_READ(kiocb, file) : 0;
}

/* `seen.file`, in which nothing is typed. */
static __always_inline int watch_seen_file(__u32 watched, int via, bool direct)
{
	struct watch_scratch *to;
	struct actor who;

	if (!config.mark_sets)
		return 0;
	to = watch_scratch();
	if (!to)
		return 0;
	who = to->seen.actor;
	watch_as(to->seen.file, &who, 0, watched, via, PROBED, true, direct);
	return 0;
}

/* Global, so that the verifier looks at them once and not for each way to get there. */
__noinline int watch_seen_file_direct(__u32 watched, int via)
{
	return watch_seen_file(watched, via, DIRECT);
}

__noinline int watch_seen_file_probed(__u32 watched, int via)
{
	return watch_seen_file(watched, via, PROBED);
}

static __always_inline bool says_more(struct trace_event_raw_io_uring_complete *context)
{
	return bpf_core_field_exists(context->cflags) && LOADED(context->cflags) & COMPLETION_MORE;
}

static __always_inline void completed(struct trace_event_raw_io_uring_complete *context,
				      bool direct)
{
	struct ot_request request = {};
	struct watch_scratch *to;
	struct file *changed;
	int result = context->res;
	void *address = 0;

	/* Not a plain load: the compiler would choose the offset first, and a moved context is not to be loaded from. */
	if (direct || completion_names_request()) {
		bpf_core_read(&address, sizeof(address), &context->req);
		if (!recall(address, &request))
			return;
		/* That one ended without a completion, and its memory is another request's by now, which is not ours. */
		if (BPF_CORE_READ((struct io_kiocb *)address, opcode) != request.opcode) {
			ended_unknown(&request);
			return;
		}
	} else if (!recall_unnamed(LOADED(context->ctx), context->user_data, &request,
				   says_more(context))) {
		/* Most likely refused before it began; whether it was an open or a write nobody tells. */
		if (result < 0 && !refusals_are_told())
			ADD_ATOMICALLY(&stats.uring_unknown_results, 1);
		return;
	}
	if (request.is_mixed) {
		ended_unknown(&request);
		return;
	}
	request.slot = still_slot_of(request.slot, request.cgroup);
	/* A worker takes the next request of a link by itself, and nobody reports that it was handed over. */
	if (request.via == OT_VIA_INLINE &&
	    BPF_CORE_READ(current_task(PROBED), flags) & PF_IO_WORKER)
		request.via = OT_VIA_WORKER;
	if (request.is_sighted)
		tell_end(request.address, result);
	changed = count_request(&request, context->ctx, result, direct);
	if (!changed || !is_watching())
		return;
	to = watch_scratch();
	if (!to)
		return;
	to->seen.actor = actor_of(&request);
	to->seen.file = changed;
	if (direct)
		watch_seen_file_direct(watched_of(request.opcode), request.via);
	else
		watch_seen_file_probed(watched_of(request.opcode), request.via);
}

/* Refused while it was prepared: never submitted, so its completion is not ours. */
static __always_inline void refused(void *address, __u8 opcode, int error, bool direct)
{
	struct io_kiocb *kiocb = address;
	struct ot_request stale;
	struct file *file = 0;
	struct task_struct *task;
	struct ot_counters *to;
	struct actor who;

	/* Its completion must not be taken for that of one which ended without, in the same memory. */
	if (completion_names_request() && recall(address, &stale))
		ended_unknown(&stale);
	if (!is_uring_open(opcode) && !is_uring_write(opcode))
		return;
	task = current_task(direct);
	if (is_uring_write(opcode)) {
		if (!bpf_core_field_exists(kiocb->cqe.fd))
			return;
		file = file_of(task, BPF_CORE_READ(kiocb, cqe.fd), direct);
		if (!is_a_file(file, direct))
			return;
	}
	find_actor(task, &who, direct);
	to = counters_of(who.slot);
	if (!to)
		return;
	if (is_uring_open(opcode))
		count_failure(to, who.slot, who.cgroup, OT_OPEN_FAILURES, OT_FAILING_OPEN, error);
	else if (kind_of(file, direct) == REGULAR_FILE)
		count_failure(to, who.slot, who.cgroup, OT_WRITE_FAILURES, OT_FAILING_WRITE, error);
}

#endif
