/* SPDX-License-Identifier: (Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause) */
/*
 * The one definition of everything that crosses the border between the kernel programs and user space; what the tracer has
 * besides is in trace_abi.h.
 * The programs include it, Swift imports it. Integers only, explicit padding, each size asserted.
 */
#ifndef OT_KERNEL_ABI_H
#define OT_KERNEL_ABI_H

#include <linux/types.h>

#define OT_COMM_LEN   16
#define OT_PATH_MAX   4096
/* Never a slot of the queue: what belongs to no cgroup any more, and what the agent itself does. */
#define OT_SLOT_HOST  0
#define OT_SLOT_SELF  1
#define OT_SLOT_FIRST 2

/* In the order of `Counter` in Model. */
enum ot_counter {
	OT_OPENS,
	OT_OPENS_FOR_WRITE,
	OT_PATH_OPENS,
	OT_OPEN_FAILURES,
	OT_CREATES,
	OT_WRITES,
	OT_WRITE_BYTES,
	OT_WRITE_FAILURES,
	OT_DELETES,
	OT_RENAMES,
	OT_MKDIRS,
	OT_MKNODS,
	OT_SYMLINKS,
	OT_LINKS,
	OT_TRUNCATES,
	OT_ALLOCATES,
	OT_SYNCS,
	OT_SHARED_MAPS,
	OT_DEVICE_WRITES,
	OT_PSEUDO_OPENS,
	OT_PSEUDO_WRITES,
	OT_PSEUDO_WRITE_BYTES,
	/* io_uring: three groups of four, one for each ot_via; these are part of the figures above. */
	OT_VIA_OPENS,
	OT_VIA_CREATES,
	OT_VIA_WRITES,
	OT_VIA_WRITE_BYTES,
	OT_COUNTERS = OT_VIA_OPENS + 3 * 4,
};

/* How an io_uring request was carried out. */
enum ot_via {
	OT_VIA_INLINE,
	OT_VIA_WORKER,
	OT_VIA_SQPOLL,
};
#define OT_VIA_STRIDE 4

struct ot_counters {
	__u64 value[OT_COUNTERS];
};

enum ot_slot_owner {
	OT_OWNER_WRITER,
	/* All writers of one cgroup together: used when the slots for writers have run out. */
	OT_OWNER_CGROUP,
};

/* Who did it. `exe_*` are zero for kernel threads. The device is the kernel's dev_t. */
struct ot_writer_key {
	__u64 cgroup;
	__u64 exe_inode;
	__u32 exe_device;
	__u32 exe_generation;
	__u32 uid;
	__u32 owner; /* ot_slot_owner */
	char comm[OT_COMM_LEN];
};

/* A slot says itself whose it is, so that user space learns it by reading memory. */
struct ot_slot {
	struct ot_writer_key key;
	__u32 tgid;  /* of the process that was seen first */
	__u32 used;  /* 0 until the key is complete */
	__u64 since; /* CLOCK_MONOTONIC, ns */
};

/*
 * A request of io_uring by its address. Where a completion does not name its request (before 5.18) by its ring and
 * user_data, which several requests may share: the ring's address, far from odd, then carries a number that tells them apart.
 */
struct ot_request_key {
	__u64 first;
	__u64 second;
};

/* A request in flight. User space gives it up when it has been for too long. */
struct ot_request {
	__u64 begun; /* in jiffies: with the key it tells a request from a later one */
	__u64 address;
	__u64 cgroup;
	__u64 writer; /* see `struct actor` in writers.bpf.h */
	__u32 slot;
	__u32 file_slot; /* of an open into the ring's own table: the slot and one, or ANY_SLOT; else 0 */
	__u8 opcode;
	__u8 via;	 /* ot_via */
	__u8 is_counted; /* nonzero: its result is wanted */
	/* Only where a completion does not name its request: */
	__u8 has_kind;	 /* the file was there at submission already, and `kind` is its kind */
	__u8 kind;	 /* file_kind */
	__u8 is_mixed;	 /* others in flight have the same user_data, and are of another sort */
	__u8 is_sighted; /* whoever judges it waits for its end */
	__u8 pad;
};

/* A request of Linux AIO: a program uses an iocb for one at a time, and contexts belong to an address space. */
struct ot_iocb_key {
	__u64 mm;
	__u64 context;
	__u64 iocb;
};

struct ot_iocb {
	__u64 begun; /* in jiffies */
	__u64 cgroup;
	__u32 slot;
	__u8 kind; /* file_kind */
	__u8 is_sync;
	__u8 pad[2];
};

enum ot_failing {
	OT_FAILING_OPEN,
	OT_FAILING_WRITE,
};

struct ot_error_key {
	__u64 cgroup;
	__u32 operation; /* ot_failing */
	__u32 error;	 /* positive errno */
};

struct ot_error_slot {
	struct ot_error_key key;
	__u64 count;
	__u64 used;
};

/* Constants for the programs, set before load. */
struct ot_config {
	__u64 self_namespace_device;
	__u64 self_namespace_inode;
	__u32 self_tgid;      /* in that pid namespace */
	__u32 shards;	      /* a power of two */
	__u32 shared_shards;  /* nonzero: two CPUs may share a shard, so add atomically */
	__u32 pseudo_counts;  /* nonzero: pseudo file systems count in the main figures */
	__u32 wakeup_bytes;   /* wake user space when the ring holds more */
	__u32 is_preemptible; /* nonzero: the kernel may preempt programs at system calls (7.2) */
	__u32 mark_sets; /* a power of two; 0: nothing can be watched, and no map for it is there */
	__u32 pad;
};

/* The operations of system calls, in the order of `ProgramGroup` in Kernel. */
enum ot_operation {
	OT_OPERATION_OPEN,
	OT_OPERATION_WRITE,
	OT_OPERATION_DELETE,
	OT_OPERATION_RENAME,
	OT_OPERATION_MKDIR,
	OT_OPERATION_MKNOD,
	OT_OPERATION_SYMLINK,
	OT_OPERATION_LINK,
	OT_OPERATION_TRUNCATE,
	OT_OPERATION_ALLOCATE,
	OT_OPERATION_SYNC,
	OT_OPERATION_SHARED_MAP,
	OT_OPERATION_AIO,
	OT_OPERATIONS,
};

/* What the programs could not do; cumulative. */
struct ot_stats {
	__u64 ring_dropped;
	__u64 uring_unknown_results;
	__u64 aio_unknown_results;
	__u64 unknown_file;
	__u64 error_slots_exhausted;
	__u64 sightings_dropped; /* or of requests that were not known any more when they ended */
	/* Runs that the kernel left out of a program, and a copy of it did; by ot_operation. */
	__u64 taken_over[OT_OPERATIONS];
};

enum ot_event_kind {
	OT_EVENT_CGROUP_MADE = 1,
	OT_EVENT_CGROUP_REMOVED,
	OT_EVENT_CGROUP_RENAMED,
	OT_EVENT_WRITER_SEEN,
	OT_EVENT_SIGHTED,
	OT_EVENT_SIGHTING_ENDED,
};

/* Header of each ring record; `length` bytes of text follow the fixed part. */
struct ot_event {
	__u32 kind;
	__u32 length;
	__u64 time; /* CLOCK_MONOTONIC, ns */
};

/* The text is the path from the real root of the hierarchy, without NUL. */
struct ot_cgroup_event {
	struct ot_event header;
	__u64 cgroup;
};

/* The text is the path of the executable: components from the leaf to the root, each ended by NUL. */
struct ot_writer_event {
	struct ot_event header;
	__u64 inode;
	__u32 device;
	__u32 generation;
	__u32 tgid;
	__u32 slot;
};

/* --- watching ------------------------------------------------------------------------------------------------- */

/* What is watched, in the order of `WatchedOperation` in Model. */
enum ot_watched {
	OT_WATCHED_WRITE,
	OT_WATCHED_CREATE,
	OT_WATCHED_DELETE,
	OT_WATCHED_RENAME,
	OT_WATCHED_TRUNCATE,
	OT_WATCHED_ALLOCATE,
	OT_WATCHED_LINK,
	OT_WATCHED_SYMLINK,
	OT_WATCHED_MKDIR,
	OT_WATCHED_SHARED_MAP,
};

/* Set while the programs run. */
struct ot_watch {
	__u64 seed;	/* another one forgets whatever was sighted */
	__u64 is_armed; /* nonzero: somebody judges what is sighted */
};

/*
 * What was sighted already: sets of marks, found by the lowest bits of a mark. A mark is a hash but for its two lowest bits,
 * which are an ot_mark_state; 0 is none.
 */
#define OT_MARKS_IN_SET 8
#define OT_MARK_STATE	3ULL

struct ot_mark_set {
	__u64 mark[OT_MARKS_IN_SET];
};

enum ot_mark_state {
	/* A file or a name that was told; or a writer's directory: tell each other file in it. */
	OT_MARK_TOLD = 1,
	/* Set by user space: nothing more of a directory, or of a writer. */
	OT_MARK_SETTLED = 2,
};

#define OT_MOST_PARENTS 8

struct ot_parent {
	char comm[OT_COMM_LEN];
	__u32 tgid;
};

/*
 * An operation that user space is to judge. The text is a name as the program passed it, and four paths in the order of their
 * lengths, each as components from the leaf to the root with their NULs: lengths of 0 for what there is not, or could not be
 * read.
 */
struct ot_sighting {
	struct ot_event header;
	__u64 cgroup;
	__u64 directory_mark;
	__u64 writer_mark;
	__u64 mark; /* of the file or the name */
	__u64 request; /* nonzero: it is about to be done, and OT_EVENT_SIGHTING_ENDED will say whether it was */
	__u64 inode; /* of the file, or of the directory that the name begins at */
	__u64 exe_inode;
	__u32 device;
	__u32 exe_device;
	__u32 exe_generation;
	__u32 mount_namespace;
	__u32 tgid;
	__u32 uid;
	__u16 name_length;   /* with its NUL */
	__u16 path_length;   /* up to the root of the mount namespace */
	__u16 within_length; /* up to the root of the file system */
	__u16 exe_path_length;
	__u16 exe_within_length;
	__u8 watched; /* ot_watched */
	__u8 via;     /* ot_via and one, or 0 */
	__u8 is_named;
	__u8 parents; /* how many */
	__u8 pad[2];
	char comm[OT_COMM_LEN];
	struct ot_parent parent[OT_MOST_PARENTS];
};

struct ot_sighting_end {
	struct ot_event header;
	__u64 request;
	__s64 result;
};

_Static_assert(sizeof(struct ot_counters) == 34 * 8, "ot_counters");
_Static_assert(sizeof(struct ot_writer_key) == 48, "ot_writer_key");
_Static_assert(sizeof(struct ot_slot) == 64, "ot_slot");
_Static_assert(sizeof(struct ot_request_key) == 16, "ot_request_key");
_Static_assert(sizeof(struct ot_request) == 48, "ot_request");
_Static_assert(sizeof(struct ot_iocb_key) == 24, "ot_iocb_key");
_Static_assert(sizeof(struct ot_iocb) == 24, "ot_iocb");
_Static_assert(sizeof(struct ot_error_slot) == 32, "ot_error_slot");
_Static_assert(sizeof(struct ot_config) == 48, "ot_config");
_Static_assert(sizeof(struct ot_stats) == 152, "ot_stats");
_Static_assert(sizeof(struct ot_event) == 16, "ot_event");
_Static_assert(sizeof(struct ot_cgroup_event) == 24, "ot_cgroup_event");
_Static_assert(sizeof(struct ot_writer_event) == 40, "ot_writer_event");
_Static_assert(sizeof(struct ot_mark_set) == 64, "ot_mark_set");
_Static_assert(sizeof(struct ot_sighting) == 288, "ot_sighting");
_Static_assert(sizeof(struct ot_sighting_end) == 32, "ot_sighting_end");

#ifndef __bpf__
#include <stddef.h>
/* A BPF object file, linked into the program by objects.c. */
struct ot_object {
	const char *_Nonnull name;
	const void *_Nonnull bytes;
	size_t size;
};
extern const struct ot_object ot_object_files;
#endif

#endif
