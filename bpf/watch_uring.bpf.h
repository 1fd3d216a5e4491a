/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Requests of io_uring that name a file: their names are gone when they are done. So they are sighted when they are submitted,
 * and what came of them is told in a record of its own. Of a
 * request that asks for no completion only a failure would be told: it is taken as done when it is submitted.
 */
#ifndef OT_WATCH_URING_BPF_H
#define OT_WATCH_URING_BPF_H

#include "kernel_uring.bpf.h"
#include "watch_names.bpf.h"

struct named_request {
	__u64 name; /* addresses, or 0 */
	__u64 second;
	int directory;
	int second_directory;
	enum ot_watched watched;
};

/* What a request that was just prepared is to do to which name; nothing for those that are not watched by name. */
static __always_inline void names_of_request(void *address, __u8 opcode, bool is_answered,
					     struct named_request *to)
{
	switch (opcode) {
	case URING_OPENAT:
	case URING_OPENAT2: { /* otherwise it is judged by the file that it made */
		struct io_open *open = address;

		if (is_answered || !(BPF_CORE_READ(open, how.flags) & O_CREAT))
			return;
		to->watched = OT_WATCHED_CREATE;
		to->name = NAME_OF_REQUEST(address, io_open, filename);
		to->directory = BPF_CORE_READ(open, dfd);
		return;
	}
	case URING_UNLINKAT: {
		struct io_unlink *unlink = address;

		to->watched = OT_WATCHED_DELETE;
		to->name = NAME_OF_REQUEST(address, io_unlink, filename);
		to->directory = BPF_CORE_READ(unlink, dfd);
		return;
	}
	case URING_RENAMEAT: {
		struct io_rename *rename = address;

		to->watched = OT_WATCHED_RENAME;
		to->name = NAME_OF_REQUEST(address, io_rename, oldpath);
		to->directory = BPF_CORE_READ(rename, old_dfd);
		to->second = NAME_OF_REQUEST(address, io_rename, newpath);
		to->second_directory = BPF_CORE_READ(rename, new_dfd);
		return;
	}
	case URING_MKDIRAT: {
		struct io_mkdir *mkdir = address;

		if (!bpf_core_type_exists(struct io_mkdir))
			return;
		to->watched = OT_WATCHED_MKDIR;
		to->name = NAME_OF_REQUEST(address, io_mkdir, filename);
		to->directory = BPF_CORE_READ(mkdir, dfd);
		return;
	}
	case URING_SYMLINKAT:
	case URING_LINKAT:
		to->watched = opcode == URING_LINKAT ? OT_WATCHED_LINK : OT_WATCHED_SYMLINK;
		if (bpf_core_type_exists(struct io_link)) {
			struct io_link *link = address;

			to->name = NAME_OF_REQUEST(address, io_link, newpath);
			to->directory = BPF_CORE_READ(link, new_dfd);
		} else if (opcode == URING_LINKAT && bpf_core_type_exists(struct io_hardlink)) {
			struct io_hardlink *link = address;

			to->name = (__u64)BPF_CORE_READ(link, newpath, name);
			to->directory = BPF_CORE_READ(link, new_dfd);
		} else if (opcode == URING_SYMLINKAT && bpf_core_type_exists(struct io_symlink)) {
			struct io_symlink *link = address;

			to->name = (__u64)BPF_CORE_READ(link, newpath, name);
			to->directory = BPF_CORE_READ(link, new_dfd);
		}
	}
}

/* A request was submitted; says whether it was sighted, so that its end is to be told. */
static __always_inline bool watch_submitted(void *address, __u8 opcode, bool is_answered,
					    const struct actor *who, int via, bool direct)
{
	__u64 told_as = (__u64)address | (is_answered ? 0 : NEVER_ANSWERED);
	struct named_request request = {};
	bool is_sighted = false;

	if (!is_watching())
		return false;
	names_of_request(address, opcode, is_answered, &request);
	if (request.name)
		is_sighted = watch_name(who, request.name, request.directory, request.watched,
					told_as, via, direct);
	if (request.second && watch_name(who, request.second, request.second_directory,
					 request.watched, told_as, via, direct))
		is_sighted = true;
	return is_sighted;
}

/*
 * Not told for lack of room: user space waits for it until it has too many, and then knows that they are lost. Global, so that
 * what it leaves on the stack is no other way for the verifier.
 */
__noinline int tell_end(__u64 request, int result)
{
	struct ot_sighting_end end = { .request = request, .result = result };

	if (!config.mark_sets)
		return 0;
	end.header.kind = OT_EVENT_SIGHTING_ENDED;
	end.header.time = bpf_ktime_get_ns();
	bpf_ringbuf_output(&sightings, &end, sizeof(end), BPF_RB_FORCE_WAKEUP);
	return 0;
}

#endif
