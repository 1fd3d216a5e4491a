/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The io_uring requests in flight that we count, from their submission to their completion. */
#ifndef OT_REQUESTS_BPF_H
#define OT_REQUESTS_BPF_H

#include "files.bpf.h"
#include "kernel_uring.bpf.h"

/* Of all rings. Full: the request's result will not be known, and is counted so. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct ot_request_key);
	__type(value, struct ot_request);
} requests SEC(".maps");

/* What any other request counts as when it succeeds; OT_COUNTERS when it is none of ours. */
static __always_inline enum ot_counter counter_of(__u8 opcode)
{
	switch (opcode) {
	case URING_FSYNC:
	case URING_SYNC_FILE_RANGE:
		return OT_SYNCS;
	case URING_FALLOCATE:
		return OT_ALLOCATES;
	case URING_FTRUNCATE:
		return OT_TRUNCATES;
	case URING_RENAMEAT:
		return OT_RENAMES;
	case URING_UNLINKAT:
		return OT_DELETES;
	case URING_MKDIRAT:
		return OT_MKDIRS;
	case URING_SYMLINKAT:
		return OT_SYMLINKS;
	case URING_LINKAT:
		return OT_LINKS;
	}
	return OT_COUNTERS;
}

static __always_inline bool is_counted_request(__u8 opcode)
{
	return is_uring_open(opcode) || is_uring_write(opcode) || counter_of(opcode) != OT_COUNTERS;
}

/* --- by address ----------------------------------------------------------------------------------------------- */

static __always_inline struct ot_request *remembered(void *address)
{
	struct ot_request_key key = { .first = (__u64)address };

	return bpf_map_lookup_elem(&requests, &key);
}

/* Whether it is judged at its end only. What was sighted before user space counts, if it has no end. */
static __always_inline bool is_unjudged(const struct ot_request *request)
{
	return request->is_counted && !request->has_kind && !request->is_sighted &&
	       request->opcode != URING_FSYNC && request->opcode != URING_SYNC_FILE_RANGE;
}

/* A request has ended and nobody knows how: it is neither counted nor judged. */
static __always_inline void ended_unknown(const struct ot_request *request)
{
	ADD_ATOMICALLY(&stats.uring_unknown_results, 1);
	not_judged(is_unjudged(request));
}

/* Returns whether there was room. */
static __always_inline bool remember(void *address, struct ot_request *request)
{
	struct ot_request_key key = { .first = (__u64)address };
	struct ot_request *stale = bpf_map_lookup_elem(&requests, &key);

	/* A request that is still there has ended without telling its result: its memory is used again. */
	if (stale)
		ended_unknown(stale);
	if (!bpf_map_update_elem(&requests, &key, request, BPF_ANY))
		return true;
	ADD_ATOMICALLY(&stats.uring_unknown_results, 1);
	return false;
}

/* It has not begun: nobody has told its end. */
static __always_inline void note_sighted(void *address)
{
	struct ot_request *request = remembered(address);

	if (request)
		request->is_sighted = 1;
}

static __always_inline bool recall(void *address, struct ot_request *request)
{
	struct ot_request_key key = { .first = (__u64)address };
	struct ot_request *known = bpf_map_lookup_elem(&requests, &key);

	if (!known)
		return false;
	*request = *known;
	bpf_map_delete_elem(&requests, &key);
	return true;
}

/* --- by ring and user_data ------------------------------------------------------------------------------------ */

/*
 * Requests with one user_data are interchangeable as long as they are of one sort: the completion brings the result, and
 * whose it was makes no difference. Those of different sorts are not, and the results of all of them are then unknown.
 * Any request counts here, also of operations that we do not: they too have completions.
 */
#define MOST_WITH_ONE_USER_DATA 32

static __always_inline struct actor actor_of(const struct ot_request *request)
{
	struct actor actor = { .cgroup = request->cgroup,
			       .writer = request->writer,
			       .slot = request->slot };

	return actor;
}

/* What is watched when it succeeds, of requests with a file. */
static __always_inline enum ot_watched watched_of(__u8 opcode)
{
	return is_uring_open(opcode)	   ? OT_WATCHED_CREATE
	       : opcode == URING_FALLOCATE ? OT_WATCHED_ALLOCATE
	       : opcode == URING_FTRUNCATE ? OT_WATCHED_TRUNCATE
					   : OT_WATCHED_WRITE;
}

static __always_inline bool is_watched_by_file(__u8 opcode)
{
	return is_uring_write(opcode) || opcode == URING_FALLOCATE || opcode == URING_FTRUNCATE;
}

/*
 * Before 5.18 a request has its file when it is submitted; when it completes it may have been given back already. So it is
 * judged at its submission there, too.
 */
static __always_inline void note_file(struct ot_request *request)
{
	struct actor who = actor_of(request);
	struct io_kiocb *kiocb = (void *)request->address;
	struct file *file = is_uring_open(request->opcode) ? 0 : BPF_CORE_READ(kiocb, file);

	if (!file)
		return;
	request->has_kind = 1;
	request->kind = kind_of(file, PROBED);
	if (request->kind == REGULAR_FILE && READ(PROBED, file, f_mode) & FMODE_WRITE &&
	    is_watched_by_file(request->opcode))
		watch_file(file, &who, 0, watched_of(request->opcode), request->via, PROBED);
}

static __always_inline bool are_alike(struct ot_request *one, struct ot_request *other)
{
	bool same_operation = one->opcode == other->opcode ||
			      (is_uring_open(one->opcode) && is_uring_open(other->opcode)) ||
			      (is_uring_write(one->opcode) && is_uring_write(other->opcode));

	return same_operation && one->slot == other->slot && one->writer == other->writer &&
	       one->file_slot == other->file_slot && one->kind == other->kind;
}

/* All those in flight are looked at, not only those before the first free number. */
static __noinline int remember_unnamed(void *ring, __u64 user_data, struct ot_request *request)
{
	struct ot_request_key key = { .second = user_data };
	__u64 free = 0;

	if (!request)
		return 0;
	for (int i = 0; i < MOST_WITH_ONE_USER_DATA; i++) {
		struct ot_request *other;

		key.first = (__u64)ring + i;
		other = bpf_map_lookup_elem(&requests, &key);
		if (!other)
			free = free ?: key.first;
		else if (!are_alike(other, request))
			other->is_mixed = request->is_mixed = 1;
	}
	key.first = free;
	if (free && !bpf_map_update_elem(&requests, &key, request, BPF_NOEXIST))
		return 0;
	ADD_ATOMICALLY(&stats.uring_unknown_results, is_counted_request(request->opcode));
	not_judged(is_unjudged(request));
	return 0;
}

static __always_inline struct ot_request *remembered_unnamed(void *ring, void *address)
{
	struct io_kiocb___before *kiocb = address;
	struct ot_request_key key = { .second = BPF_CORE_READ(kiocb, user_data) };

	for (int i = 0; i < MOST_WITH_ONE_USER_DATA; i++) {
		struct ot_request *request;

		key.first = (__u64)ring + i;
		request = bpf_map_lookup_elem(&requests, &key);
		if (request && request->address == (__u64)address)
			return request;
	}
	return 0;
}

/*
 * Whether there was one; whoever deletes it has it, so that no two completions take the same. One of which `more`
 * completions are to come (multishot) stays.
 */
static __noinline int recall_unnamed(void *ring, __u64 user_data, struct ot_request *request,
				     bool more)
{
	struct ot_request_key key = { .second = user_data };

	if (!request)
		return 0;
	for (int i = 0; i < MOST_WITH_ONE_USER_DATA; i++) {
		struct ot_request *known;

		key.first = (__u64)ring + i;
		known = bpf_map_lookup_elem(&requests, &key);
		if (!known)
			continue;
		*request = *known;
		if (more && !request->is_counted)
			return 1;
		if (!bpf_map_delete_elem(&requests, &key))
			return 1;
	}
	return 0;
}

#endif
