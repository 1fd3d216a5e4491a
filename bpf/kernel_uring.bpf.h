/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The part of kernel.bpf.h that is about io_uring, in which no two kernels are the same. */
#ifndef OT_KERNEL_URING_BPF_H
#define OT_KERNEL_URING_BPF_H

#include "kernel.bpf.h"

struct io_cqe {
	int fd; /* the sqe's fd until the request has a result */
} VIEW;

struct io_kiocb {
	struct file *file;
	__u8 opcode;
	struct io_cqe cqe; /* since 5.19 */
} VIEW;

struct io_kiocb___before {
	__u64 user_data; /* up to 5.18 */
} VIEW;

/*
 * The names of requests that have some: kernel memory at the start of io_kiocb from the submission to the end. From 7.0 on each
 * is wrapped in a delayed_filename of one member.
 */
struct filename {
	const char *name;
} VIEW;

struct delayed_filename {
	struct filename *__incomplete_filename;
} VIEW;

struct io_open {
	int dfd;
	__u32 file_slot; /* since 5.15 */
	struct filename *filename;
	struct {
		__u64 flags;
		__u64 mode;
		__u64 resolve;
	} how;
} VIEW;

struct io_open___delayed {
	struct delayed_filename filename;
} VIEW;

struct io_rename {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
} VIEW;

struct io_rename___delayed {
	struct delayed_filename oldpath;
	struct delayed_filename newpath;
} VIEW;

struct io_unlink {
	int dfd;
	struct filename *filename;
} VIEW;

struct io_unlink___delayed {
	struct delayed_filename filename;
} VIEW;

struct io_mkdir { /* since 5.15 */
	int dfd;
	unsigned short mode;
	struct filename *filename;
} VIEW;

struct io_mkdir___delayed {
	struct delayed_filename filename;
} VIEW;

/* Of both kinds of links; up to 5.18 each kind has its own. */
struct io_link {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
} VIEW;

struct io_link___delayed {
	struct delayed_filename oldpath;
	struct delayed_filename newpath;
} VIEW;

struct io_hardlink { /* since 5.15 */
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
} VIEW;

struct io_symlink { /* since 5.15 */
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
} VIEW;

/* The address of a name of the request, or 0. */
#define NAME_OF_REQUEST(address, type, field)                                           \
	({                                                                              \
		struct filename *filename_;                                             \
		if (bpf_core_type_exists(struct delayed_filename))                      \
			filename_ = BPF_CORE_READ((struct type##___delayed *)(address), \
						  field.__incomplete_filename);         \
		else                                                                    \
			filename_ = BPF_CORE_READ((struct type *)(address), field);     \
		filename_ ? (__u64)BPF_CORE_READ(filename_, name) : 0;                  \
	})

/* What the kernel adds to the flags of each open that is not O_PATH; programs of 64 bits have no reason to pass it. */
#ifdef __TARGET_ARCH_x86
#define URING_OPEN_ADDS 0100000 /* O_LARGEFILE */
#else
#define URING_OPEN_ADDS 0400000
#endif

/* The table of direct descriptors: nodes since 6.13, files with flags in their low bits before. */
struct io_rsrc_node {
	unsigned long file_ptr;
} VIEW;

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
} VIEW;

struct io_file_table {
	struct io_rsrc_data data;
} VIEW;

struct io_fixed_file {
	unsigned long file_ptr;
} VIEW;

struct io_file_table___files {
	struct io_fixed_file *files;
} VIEW;

struct io_ring_ctx {
	unsigned int flags;
	struct io_file_table file_table;
} VIEW;

struct io_ring_ctx___files {
	unsigned int nr_user_files; /* as long as the table is one of files */
	struct io_file_table___files file_table;
} VIEW;

#define FILE_OF_POINTER(pointer) ((struct file *)((pointer) & ~7UL))

/* The file in a slot of the ring's own table; NULL on kernels whose table we do not know, and beyond its end. */
static __always_inline struct file *direct_file(void *ring, __u32 slot)
{
	struct io_ring_ctx *nodes_ring = ring;
	struct io_ring_ctx___files *files_ring = ring;
	struct io_rsrc_node **nodes, *node = 0;
	struct io_fixed_file *files;

	if (bpf_core_field_exists(nodes_ring->file_table.data.nodes)) {
		if (slot >= BPF_CORE_READ(nodes_ring, file_table.data.nr))
			return 0;
		nodes = BPF_CORE_READ(nodes_ring, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		return node ? FILE_OF_POINTER(BPF_CORE_READ(node, file_ptr)) : 0;
	}
	if (!bpf_core_field_exists(files_ring->file_table.files) ||
	    !bpf_core_field_exists(files_ring->nr_user_files) ||
	    slot >= BPF_CORE_READ(files_ring, nr_user_files))
		return 0;
	files = BPF_CORE_READ(files_ring, file_table.files);
	files = (void *)files + (__u64)slot * bpf_core_type_size(struct io_fixed_file);
	return FILE_OF_POINTER(BPF_CORE_READ(files, file_ptr));
}

/* Up to 6.3 the event is io_uring_submit_sqe; the fields we read have kept their names. */
struct trace_event_raw_io_uring_submit_req {
	void *ctx;
	void *req;
	unsigned long long user_data;
	__u8 opcode;
	unsigned long long flags;
	bool sq_thread;
} VIEW;

struct trace_event_raw_io_uring_submit_sqe {
	void *ctx;
	void *req;
	unsigned long long user_data;
	__u8 opcode;
	unsigned long long flags; /* u32 before 6.9 */
	bool sq_thread;
} VIEW;

/* req since 5.18; before, a request is known by its ring and user_data. cflags since 5.14, and in Debian's 5.10. */
struct trace_event_raw_io_uring_complete {
	void *ctx;
	void *req;
	__u64 user_data;
	int res;
	unsigned int cflags;
} VIEW;

#define COMPLETION_MORE (1 << 1) /* IORING_CQE_F_MORE */

static __always_inline bool completion_names_request(void)
{
	return bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req);
}

#define RING_IS_POLLED (1 << 0) /* IORING_SETUP_IOPOLL */

/* Debian's 5.10 has no event for the completion of a request that is polled for. */
static __always_inline bool completion_is_told(void *ring)
{
	struct io_ring_ctx *of = ring;

	return completion_names_request() || !bpf_core_field_exists(of->flags) ||
	       !(BPF_CORE_READ(of, flags) & RING_IS_POLLED);
}

struct trace_event_raw_io_uring_queue_async_work {
	void *ctx;
	void *req;
} VIEW;

struct trace_event_raw_io_uring_req_failed {
	void *ctx;
	void *req;
	__u8 opcode;
	/* As in the sqe; since 5.18. */
	__u64 off;
	__u64 addr;
	__u32 len;
	__u32 op_flags;
	int error;
} VIEW;

/* Whether requests that are refused before they begin are told; Debian's 5.10 does not, with the io_uring of 5.15. */
static __always_inline bool refusals_are_told(void)
{
	return bpf_core_type_exists(struct trace_event_raw_io_uring_req_failed);
}

enum uring_opcode {
	URING_WRITEV = 2,
	URING_FSYNC = 3,
	URING_WRITE_FIXED = 5,
	URING_SYNC_FILE_RANGE = 8,
	URING_FALLOCATE = 17,
	URING_OPENAT = 18,
	URING_WRITE = 23,
	URING_OPENAT2 = 28,
	URING_SPLICE = 30,
	URING_RENAMEAT = 35,	 /* since 5.11 */
	URING_UNLINKAT = 36,	 /* since 5.11 */
	URING_MKDIRAT = 37,	 /* since 5.15 */
	URING_SYMLINKAT = 38,	 /* since 5.15 */
	URING_LINKAT = 39,	 /* since 5.15 */
	URING_FTRUNCATE = 55,	 /* since 6.9 */
	URING_WRITEV_FIXED = 61, /* since 6.15 */
};

static __always_inline bool is_uring_open(__u8 opcode)
{
	return opcode == URING_OPENAT || opcode == URING_OPENAT2;
}

static __always_inline bool is_uring_write(__u8 opcode)
{
	return opcode == URING_WRITE || opcode == URING_WRITEV || opcode == URING_WRITE_FIXED ||
	       opcode == URING_WRITEV_FIXED ||
	       opcode == URING_SPLICE; /* of which the file is the one written to */
}

#define ANY_SLOT		 0xffffffff /* IORING_FILE_INDEX_ALLOC */
/* The lowest bits of a request's flags are the flags of its sqe, in every version. */
#define REQUEST_HAS_DIRECT_FILE	 (1 << 0) /* IOSQE_FIXED_FILE */
#define REQUEST_SKIPS_COMPLETION (1 << 6) /* IOSQE_CQE_SKIP_SUCCESS, since 5.17 */

#endif
