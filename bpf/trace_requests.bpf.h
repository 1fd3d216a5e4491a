/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The io_uring requests in flight that are traced, and what they were asked to do. */
#ifndef OT_TRACE_REQUESTS_BPF_H
#define OT_TRACE_REQUESTS_BPF_H

#include "kernel_uring.bpf.h"
#include "trace_calls.bpf.h"

/* Of all rings. Full: the request's result will not be known, and is counted so. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ot_request_key);
	__type(value, struct ot_trace_request);
} trace_requests SEC(".maps");

static __always_inline enum ot_trace_operation operation_of(__u8 opcode)
{
	if (is_uring_open(opcode))
		return OT_TRACE_OPEN;
	if (is_uring_write(opcode))
		return OT_TRACE_WRITE;
	switch (opcode) {
	case URING_FTRUNCATE:
		return OT_TRACE_TRUNCATE;
	case URING_RENAMEAT:
		return OT_TRACE_RENAME;
	case URING_UNLINKAT:
		return OT_TRACE_DELETE;
	case URING_MKDIRAT:
		return OT_TRACE_MKDIR;
	case URING_SYMLINKAT:
	case URING_LINKAT:
		return OT_TRACE_LINK;
	}
	return OT_TRACE_OPERATIONS;
}

static __always_inline bool is_traced_opcode(__u8 opcode)
{
	enum ot_trace_operation operation = operation_of(opcode);

	if (operation == OT_TRACE_OPERATIONS)
		return false;
	return is_wanted(operation) || (operation == OT_TRACE_OPEN && is_wanted(OT_TRACE_CREATE));
}

static __always_inline bool has_names(__u8 opcode)
{
	enum ot_trace_operation operation = operation_of(opcode);

	return operation != OT_TRACE_WRITE && operation != OT_TRACE_TRUNCATE;
}

/* What a request that was just prepared is to do. */
static __always_inline void asked_of_request(void *address, __u8 opcode, struct asked *asked)
{
	ask_nothing(asked);
	switch (opcode) {
	case URING_OPENAT:
	case URING_OPENAT2: {
		struct io_open *open = address;

		asked->name = NAME_OF_REQUEST(address, io_open, filename);
		asked->directory = BPF_CORE_READ(open, dfd);
		asked->flags = BPF_CORE_READ(open, how.flags);
		asked->mode = BPF_CORE_READ(open, how.mode);
		asked->in_root = BPF_CORE_READ(open, how.resolve) & RESOLVE_IN_ROOT;
		if (!(asked->flags & O_PATH))
			asked->flags &= ~(__u64)URING_OPEN_ADDS;
		return;
	}
	case URING_UNLINKAT: {
		struct io_unlink *unlink = address;

		asked->name = NAME_OF_REQUEST(address, io_unlink, filename);
		asked->directory = BPF_CORE_READ(unlink, dfd);
		return;
	}
	case URING_RENAMEAT: {
		struct io_rename *rename = address;

		asked->name = NAME_OF_REQUEST(address, io_rename, oldpath);
		asked->target = NAME_OF_REQUEST(address, io_rename, newpath);
		asked->directory = BPF_CORE_READ(rename, old_dfd);
		asked->target_directory = BPF_CORE_READ(rename, new_dfd);
		return;
	}
	case URING_MKDIRAT: {
		struct io_mkdir *mkdir = address;

		if (!bpf_core_type_exists(struct io_mkdir))
			return;
		asked->name = NAME_OF_REQUEST(address, io_mkdir, filename);
		asked->directory = BPF_CORE_READ(mkdir, dfd);
		asked->mode = BPF_CORE_READ(mkdir, mode);
		return;
	}
	case URING_SYMLINKAT: /* its text is relative to nothing */
		if (bpf_core_type_exists(struct io_link)) {
			struct io_link *link = address;

			asked->name = NAME_OF_REQUEST(address, io_link, oldpath);
			asked->target = NAME_OF_REQUEST(address, io_link, newpath);
			asked->target_directory = BPF_CORE_READ(link, new_dfd);
		} else if (bpf_core_type_exists(struct io_symlink)) {
			struct io_symlink *link = address;

			asked->name = (__u64)BPF_CORE_READ(link, oldpath, name);
			asked->target = (__u64)BPF_CORE_READ(link, newpath, name);
			asked->target_directory = BPF_CORE_READ(link, new_dfd);
		}
		return;
	case URING_LINKAT:
		if (bpf_core_type_exists(struct io_link)) {
			struct io_link *link = address;

			asked->name = NAME_OF_REQUEST(address, io_link, oldpath);
			asked->target = NAME_OF_REQUEST(address, io_link, newpath);
			asked->directory = BPF_CORE_READ(link, old_dfd);
			asked->target_directory = BPF_CORE_READ(link, new_dfd);
		} else if (bpf_core_type_exists(struct io_hardlink)) {
			struct io_hardlink *link = address;

			asked->name = (__u64)BPF_CORE_READ(link, oldpath, name);
			asked->target = (__u64)BPF_CORE_READ(link, newpath, name);
			asked->directory = BPF_CORE_READ(link, old_dfd);
			asked->target_directory = BPF_CORE_READ(link, new_dfd);
		}
		return;
	}
}

/* Begins to tell how a request ended; without a result where that is not known. */
static __always_inline void begin_end(struct trace_scratch *to, struct ot_trace_request *request,
				      bool direct)
{
	begin_record(request->has_record ? OT_TRACE_ENDED : OT_TRACE_DONE,
		     operation_of(request->opcode), request->opcode, direct);
	to->record.request = request->address;
	to->record.begun = request->begun;
	to->record.flags = request->flags;
	to->record.via = request->via;
	if (request->via != OT_VIA_WORKER)
		to->record.tid = request->tid;
}

/* An end that does not get into the buffer is one without a result: the beginning is there. */
static __always_inline void send_end(struct trace_scratch *to, struct ot_trace_request *request)
{
	if (send_record(to))
		return;
	if (!request->has_record)
		ADD_ATOMICALLY(&trace_stats.dropped, 1);
}

/* The request in the scratch has ended without telling how; global for the reason that fill_record is. */
static __always_inline int tell_untold(bool direct)
{
	struct trace_scratch *to = trace_scratch();

	if (!to || !to->request.is_ours)
		return 0;
	if (!to->request.has_record) {
		ADD_ATOMICALLY(&trace_stats.unknown_results, 1);
		return 0;
	}
	begin_end(to, &to->request, direct);
	send_end(to, &to->request);
	return 0;
}

__noinline int tell_untold_direct(void)
{
	return tell_untold(DIRECT);
}

__noinline int tell_untold_probed(void)
{
	return tell_untold(PROBED);
}

static __always_inline void ended_untold(struct trace_scratch *to, struct ot_trace_request *request,
					 bool direct)
{
	to->request = *request;
	if (direct)
		tell_untold_direct();
	else
		tell_untold_probed();
}

#endif
