/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Everything that depends on the kernel: views of only the fields we read, and each difference between kernels with the
 * version that made it. No other file knows a kernel version.
 */
#ifndef OT_KERNEL_BPF_H
#define OT_KERNEL_BPF_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel_abi.h"

#define S_IFMT		    0170000
#define S_IFREG		    0100000
#define S_IFDIR		    0040000
#define S_IFBLK		    0060000
#define SB_KERNMOUNT	    (1 << 22)
#define FMODE_WRITE	    0x2
#define FMODE_PATH	    0x4000
#define FMODE_CREATED	    0x100000
#define TMPFILE		    020000000 /* __O_TMPFILE: O_TMPFILE without O_DIRECTORY */
#define MAX_ERRNO	    4095
#define PF_IO_WORKER	    0x10 /* since 5.12 */
#define PROT_WRITE	    2
#define MAP_SHARED	    1
#define MAP_SHARED_VALIDATE 3
#define MAP_TYPE	    0xf
#define ERESTARTSYS	    512 /* up to 516: the kernel restarts the call or turns it into EINTR */
#define ERESTART_LAST	    516

#define VIEW __attribute__((preserve_access_index))

struct qstr {
	const unsigned char *name;
} VIEW;

struct super_block {
	unsigned int s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
} VIEW;

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_generation;
} VIEW;

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
} VIEW;

struct vfsmount {
	struct dentry *mnt_root;
} VIEW;

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
} VIEW;

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} VIEW;

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct inode *f_inode;
	struct path f_path;
} VIEW;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
} VIEW;

struct files_struct {
	struct fdtable *fdt;
} VIEW;

struct mm_struct {
	struct file *exe_file;
} VIEW;

struct cred {
	struct {
		unsigned int val;
	} uid;
} VIEW;

struct kernfs_node {
	__u64 id; /* 64 bits wide since 5.5 */
} VIEW;

struct cgroup {
	struct kernfs_node *kn;
} VIEW;

struct css_set {
	struct cgroup *dfl_cgrp;
} VIEW;

#ifdef __TARGET_ARCH_x86
struct pt_regs {
	unsigned long di, si, dx, r10, r8;
} VIEW;
#define ARGUMENT_0 di
#define ARGUMENT_1 si
#define ARGUMENT_2 dx
#define ARGUMENT_3 r10
#define ARGUMENT_4 r8
#else /* arm64: x0 holds the result already, the first argument is kept in orig_x0 */
struct pt_regs {
	unsigned long orig_x0;
	unsigned long regs[31];
} VIEW;
#define ARGUMENT_0 orig_x0
#define ARGUMENT_1 regs[1]
#define ARGUMENT_2 regs[2]
#define ARGUMENT_3 regs[3]
#define ARGUMENT_4 regs[4]
#endif
/* THREAD_SIZE with pages of 4 KiB and no KASAN; only for kernels before 5.15, see syscall_registers. */
#define KERNEL_STACK_SIZE 16384

struct task_struct {
	void *stack;
	unsigned int flags;
	int tgid;
	struct task_struct *group_leader;
	struct css_set *cgroups;
	struct mm_struct *mm;
	struct files_struct *files;
	struct cred *cred;
	char comm[OT_COMM_LEN];
	__u64 self_exec_id;
} VIEW;

/* --- io_uring ------------------------------------------------------------------------------------------------- */

struct io_cqe {
	int fd; /* the sqe's fd until the request has a result */
} VIEW;

struct io_kiocb {
	struct file *file;
	struct io_cqe cqe; /* since 5.19 */
} VIEW;

struct io_kiocb___before {
	__u64 user_data; /* up to 5.18 */
} VIEW;

/* At the start of io_kiocb: opcode data. */
struct io_open {
	__u32 file_slot; /* since 5.15 */
} VIEW;

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
	struct io_file_table file_table;
} VIEW;

struct io_ring_ctx___files {
	struct io_file_table___files file_table;
} VIEW;

#define FILE_OF_POINTER(pointer) ((struct file *)((pointer) & ~7UL))

/* The file that was just put into a slot of the ring's own table; NULL on kernels whose table we do not know. */
static __always_inline struct file *direct_file(void *ring, __u32 slot)
{
	struct io_ring_ctx *nodes_ring = ring;
	struct io_ring_ctx___files *files_ring = ring;
	struct io_rsrc_node **nodes, *node = 0;
	struct io_fixed_file *files;

	if (bpf_core_field_exists(nodes_ring->file_table.data.nodes)) {
		nodes = BPF_CORE_READ(nodes_ring, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
		return node ? FILE_OF_POINTER(BPF_CORE_READ(node, file_ptr)) : 0;
	}
	if (!bpf_core_field_exists(files_ring->file_table.files))
		return 0;
	files = BPF_CORE_READ(files_ring, file_table.files);
	files = (void *)files + (__u64)slot * bpf_core_type_size(struct io_fixed_file);
	return FILE_OF_POINTER(BPF_CORE_READ(files, file_ptr));
}

/* Up to 6.2 the event is io_uring_submit_sqe; the fields we read have kept their names. */
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

/* req since 5.19; before, a request is known by its ring and user_data. */
struct trace_event_raw_io_uring_complete {
	void *ctx;
	void *req;
	__u64 user_data;
	int res;
} VIEW;

static __always_inline bool completion_names_request(void)
{
	return bpf_core_field_exists(struct trace_event_raw_io_uring_complete, req);
}

struct trace_event_raw_io_uring_queue_async_work {
	void *ctx;
	void *req;
} VIEW;

struct trace_event_raw_io_uring_req_failed {
	void *ctx;
	void *req;
	__u8 opcode;
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
	URING_RENAMEAT = 35,
	URING_UNLINKAT = 36,
	URING_MKDIRAT = 37,
	URING_SYMLINKAT = 38,
	URING_LINKAT = 39,
	URING_FTRUNCATE = 55,	 /* since 6.9 */
	URING_WRITEV_FIXED = 61, /* since 6.15 */
};

/* The lowest bits of a request's flags are the flags of its sqe, in every version. */
#define REQUEST_SKIPS_COMPLETION (1 << 6) /* IOSQE_CQE_SKIP_SUCCESS, since 5.17 */

/* --- cgroups -------------------------------------------------------------------------------------------------- */

struct trace_event_raw_cgroup {
	int root;
	__u64 id;
	__u32 __data_loc_path;
} VIEW;

/* The layout of all syscalls/sys_exit_*. */
struct sys_exit {
	__u64 common;
	long nr;
	long ret;
};

/* --- ways to read --------------------------------------------------------------------------------------------- */

/*
 * Each hook exists twice. DIRECT (6.2 and later): plain loads from BTF pointers; a pointer read out of the descriptor
 * table becomes one by bpf_rdonly_cast. PROBED (5.10 and later): every load is a bpf_probe_read_kernel, about twice the
 * cost of the whole hook. User space loads one set, by whether the kernel has bpf_rdonly_cast.
 */
#define DIRECT true
#define PROBED false

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym __weak;

#define READ(direct, pointer, field)                                               \
	({                                                                         \
		typeof((pointer)->field) value_;                                   \
		if (direct)                                                        \
			value_ = (pointer)->field;                                 \
		else                                                               \
			bpf_core_read(&value_, sizeof(value_), &(pointer)->field); \
		value_;                                                            \
	})

/* A field of the context, loaded here: the compiler would choose an offset first, and no moved context may be loaded from. */
#define LOADED(field)                          \
	({                                     \
		typeof(field) loaded_ = field; \
		barrier_var(loaded_);          \
		loaded_;                       \
	})

/*
 * An addition that other CPUs see whole. Relaxed, and its result is never used, so it becomes the plain locked add of every
 * kernel; a stronger order (that of __sync_fetch_and_add) makes it one that returns the old value, which needs 5.12.
 */
#define ADD_ATOMICALLY(pointer, value) ((void)__atomic_fetch_add(pointer, value, __ATOMIC_RELAXED))

/* 5.15: bpf_task_pt_regs. 5.11: bpf_get_current_task_btf. 5.12 (with check_mtu): task storage outside LSM programs. */
#define HAS_HELPER(name) bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_##name)
#define HAS_TASK_STORAGE (HAS_HELPER(get_current_task_btf) && HAS_HELPER(check_mtu))

static __always_inline struct task_struct *current_task(bool direct)
{
	if (direct || HAS_HELPER(get_current_task_btf))
		return (void *)bpf_get_current_task_btf();
	return (void *)bpf_get_current_task();
}

/* The registers with which the current task made the system call that it is just leaving. */
static __always_inline struct pt_regs *syscall_registers(struct task_struct *task, bool direct)
{
	if (direct || HAS_HELPER(task_pt_regs))
		return (void *)bpf_task_pt_regs((void *)task);
	/* Not on 7.x, where FRED moved the frame: the helper is there. */
	return READ(false, task, stack) + KERNEL_STACK_SIZE - bpf_core_type_size(struct pt_regs);
}

/* An argument by its number, which must be a literal. */
#define ARGUMENT(task, number, direct)                                   \
	({                                                               \
		struct pt_regs *regs_ = syscall_registers(task, direct); \
		READ(direct, regs_, ARGUMENT_##number);                  \
	})

/* Any structure with a pointer to a file in it; see file_of. */
struct kiocb {
	struct file *ki_filp;
} VIEW;

/* The open file behind a descriptor of the current task, or NULL when it is gone already. */
static __always_inline struct file *file_of(struct task_struct *task, unsigned int descriptor,
					    bool direct)
{
	struct files_struct *files = READ(direct, task, files);
	struct fdtable *table = READ(direct, files, fdt);
	struct file **slots, *file = 0;
	struct kiocb *slot;

	if (descriptor >= READ(direct, table, max_fds))
		return 0;
	slots = READ(direct, table, fd);
	if (direct) {
		/* The table is an array of bare pointers, which has no type to load by: take its slot for a kiocb. */
		slot = bpf_rdonly_cast((void *)(slots + descriptor) -
					       bpf_core_field_offset(struct kiocb, ki_filp),
				       bpf_core_type_id_kernel(struct kiocb));
		return slot->ki_filp;
	}
	bpf_probe_read_kernel(&file, sizeof(file), slots + descriptor);
	return file;
}

static __always_inline __u64 cgroup_of(struct task_struct *task, bool direct)
{
	struct css_set *set = READ(direct, task, cgroups);
	struct cgroup *cgroup = READ(direct, set, dfl_cgrp);
	struct kernfs_node *node = READ(direct, cgroup, kn);

	return READ(direct, node, id);
}

#endif
