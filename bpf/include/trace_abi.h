/* SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause) */
/*
 * What crosses the border between the tracer's programs and user space, besides kernel_abi.h.
 * Integers only, explicit padding, each size asserted.
 */
#ifndef OT_TRACE_ABI_H
#define OT_TRACE_ABI_H

#include <asm/unistd.h>
#include "kernel_abi.h"

/* In the order of `TraceOperation` in Model. */
enum ot_trace_operation {
	OT_TRACE_OPEN,
	OT_TRACE_CREATE,
	OT_TRACE_WRITE,
	OT_TRACE_DELETE,
	OT_TRACE_RENAME,
	OT_TRACE_MKDIR,
	OT_TRACE_LINK,
	OT_TRACE_TRUNCATE,
	OT_TRACE_SHARED_MAP,
	OT_TRACE_EXEC,
	OT_TRACE_FORK,
	OT_TRACE_EXIT,
	OT_TRACE_OPERATIONS,
};

enum ot_trace_scope {
	OT_SCOPE_HOST,
	OT_SCOPE_CHILDREN,
	OT_SCOPE_PROCESS,
};

/* A term of the flags formula: both comparisons must hold. One that is not used has a value outside its mask. */
struct ot_trace_term {
	__u64 mask;
	__u64 value;
	__u32 outcome_mask; /* ot_trace_outcome */
	__u32 outcome_value;
};
#define OT_TRACE_TERMS 32

enum ot_trace_outcome {
	OT_OUTCOME_CREATED = 1,
	OT_OUTCOME_FAILED = 2,
};

/* Constants for the programs, set before load; those of ot_config besides. */
struct ot_trace_config {
	__u64 cgroup;	  /* whoever is in it or below is in scope too; 0: none */
	__u32 scope;	  /* ot_trace_scope */
	__u32 process;	  /* of OT_SCOPE_PROCESS: its number in the tracer's pid namespace */
	__u32 operations; /* a bit for each ot_trace_operation */
	__u32 only_failures;
	__u32 has_uid;
	__u32 uid;
	__u32 only_first_writes;
	__u32 wants_paths;
	__u32 mount_namespace; /* the tracer's own, by its inode */
	__u32 term_count;      /* 0: every open passes */
	__u32 pad[2];
	struct ot_trace_term terms[OT_TRACE_TERMS];
};

/* What is not among the records; cumulative. */
struct ot_trace_stats {
	__u64 filtered;
	__u64 dropped;
	__u64 unknown_results; /* of requests that have no record either */
	__u64 unfollowed;
};

/* Kinds of records besides those of ot_event_kind. */
enum ot_trace_kind {
	/* Over when it was seen: a system call, or a request that needed no beginning. */
	OT_TRACE_DONE = 100,
	/* A request of io_uring was submitted: what it was asked to do. */
	OT_TRACE_BEGUN,
	/* It is over: how it ended. */
	OT_TRACE_ENDED,
};

enum ot_trace_bits {
	OT_TRACE_HAS_RESULT = 1,
	/* Whether a file came into being is known. */
	OT_TRACE_HAS_CREATED = 2,
	OT_TRACE_IS_CREATED = 4,
	/* device and inode. */
	OT_TRACE_HAS_FILE = 8,
	/* The mounts are not the tracer's own. */
	OT_TRACE_OTHER_ROOT = 16,
	/* There is a path that should have been told and could not be. */
	OT_TRACE_IS_UNRESOLVED = 32,
	/* Of an end: nobody asked for this one after all. */
	OT_TRACE_IS_FILTERED = 64,
	/* There is more of the arguments than is told. */
	OT_TRACE_ARGUMENTS_CUT = 128,
};

/* `via` of what did not go through io_uring; else ot_via. */
#define OT_TRACE_BY_SYSCALL 255

/*
 * The text that follows: name, target, path, base, target base, arguments, each as long as said here. Names end with their
 * NUL, so 0 is absent; paths and bases are components from the leaf to the root, each with its NUL; a base is the directory
 * that a name begins at. Arguments are as the process has them: argv, each with its NUL.
 */
struct ot_trace_record {
	struct ot_event
		header; /* kind: ot_trace_kind; the length of all text; when it was over, or begun */
	__u64 request;	/* its address: with `begun` it is never another's */
	__u64 begun;
	__u64 cgroup;
	__u64 flags;
	__u64 mode;
	__s64 result;
	__u64 inode;
	__u32 device;
	__u32 tgid;
	__u32 tid;
	__u32 parent;
	__u32 uid;
	__u32 number; /* of the system call, or the opcode */
	__u16 name_length;
	__u16 target_length;
	__u16 path_length;
	__u16 base_length;
	__u16 target_base_length;
	__u16 arguments_length;
	__u8 operation; /* ot_trace_operation */
	__u8 via;
	__u8 bits; /* ot_trace_bits */
	__u8 pad;
	char comm[OT_COMM_LEN]; /* of the group leader */
};

/* A request in flight. */
struct ot_trace_request {
	__u64 address;
	__u64 begun;
	__u64 flags;
	__u32 file_slot; /* of an open into the ring's own table: the slot and one, or ANY_SLOT; else 0 */
	__u32 tid;
	__u32 in_flight; /* where a completion does not name its request: how many have these user_data */
	__u8 opcode;
	__u8 via;
	__u8 is_ours;	 /* of those that are traced */
	__u8 has_record; /* its beginning was told */
};

_Static_assert(sizeof(struct ot_trace_term) == 24, "ot_trace_term");
_Static_assert(sizeof(struct ot_trace_config) == 56 + 24 * OT_TRACE_TERMS, "ot_trace_config");
_Static_assert(sizeof(struct ot_trace_stats) == 32, "ot_trace_stats");
_Static_assert(sizeof(struct ot_trace_record) == 128, "ot_trace_record");
_Static_assert(sizeof(struct ot_trace_request) == 40, "ot_trace_request");

#ifndef __bpf__
extern const struct ot_object ot_object_trace;
#endif

#endif
