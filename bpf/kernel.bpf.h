/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Everything that depends on the kernel: views of only the fields we read, and each difference between kernels with the
 * version that made it; for io_uring in kernel_uring.bpf.h. What differs by version is decided here and nowhere else; where
 * another file names a version, it is to say why something is done in one way for all.
 */
#ifndef OT_KERNEL_BPF_H
#define OT_KERNEL_BPF_H

#include <linux/aio_abi.h>
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
#define O_WRONLY	    01
#define O_ACCMODE	    03
#define O_CREAT		    0100
#define O_TRUNC		    01000
#define AT_FDCWD	    (-100)
#define RESOLVE_IN_ROOT	    0x10
#define O_PATH		    010000000
#define EBADF		    9
#define TMPFILE		    020000000 /* __O_TMPFILE: O_TMPFILE without O_DIRECTORY */
#define MAX_ERRNO	    4095
#define PF_IO_WORKER	    0x10 /* since 5.12 */
#define PROT_WRITE	    2
#define MAP_SHARED	    1
#define MAP_SHARED_VALIDATE 3
#define MAP_TYPE	    0xf
#define MAP_ANONYMOUS	    0x20
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
	struct dentry *s_root;
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
	struct inode *d_inode;
	struct super_block *d_sb;
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
	unsigned long arg_start;
	unsigned long arg_end;
} VIEW;

struct fs_struct {
	struct path root;
	struct path pwd;
} VIEW;

struct ns_common {
	unsigned int inum;
} VIEW;

struct mnt_namespace {
	struct ns_common ns;
} VIEW;

struct nsproxy {
	struct mnt_namespace *mnt_ns;
} VIEW;

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not begun to exit */
	unsigned int flags;
	int group_exit_code;
} VIEW;

struct cred {
	struct {
		unsigned int val;
	} uid;
} VIEW;

struct kernfs_node {
	__u64 id; /* 64 bits wide since 5.5 */
} VIEW;

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
} VIEW;

struct cgroup {
	struct cgroup_subsys_state self;
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
	struct task_struct *real_parent;
	struct css_set *cgroups;
	struct mm_struct *mm;
	struct files_struct *files;
	struct fs_struct *fs;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct cred *cred;
	int exit_code;
	__u64 start_boottime;
	char comm[OT_COMM_LEN];
	__u64 self_exec_id;
} VIEW;

/* --- cgroups -------------------------------------------------------------------------------------------------- */

struct trace_event_raw_cgroup {
	int root;
	__u64 id;
	__u32 __data_loc_path;
} VIEW;

/* --- processes ------------------------------------------------------------------------------------------------ */

#define CLONE_THREAD	  0x10000
#define SIGNAL_GROUP_EXIT 4

struct trace_event_raw_task_newtask {
	int pid;
	unsigned long long clone_flags; /* unsigned long in most versions, which is as wide */
} VIEW;

struct trace_event_raw_sched_process_exec {
	__u32 __data_loc_filename;
} VIEW;

struct trace_event_raw_sched_process_exit {
	bool group_dead; /* since 6.16 or so */
} VIEW;

/* --- system calls --------------------------------------------------------------------------------------------- */

/* The layout of all syscalls/sys_exit_*. */
struct sys_exit {
	__u64 common;
	int nr; /* a long in some versions, with the number in its lower half */
	long ret;
};

/* The layout of all syscalls/sys_enter_*. */
struct sys_enter {
	__u64 common;
	long nr;
	unsigned long arguments[6];
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

/*
 * From 7.2 on a task may be preempted in a program at a system call. Others that come through the same program on that CPU
 * are then left out, and those in other programs must not meet half-done work; see copies.bpf.h.
 */
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

#define READ(direct, pointer, field)                                               \
	({                                                                         \
		typeof((pointer)->field) value_;                                   \
		if (direct)                                                        \
			value_ = (pointer)->field;                                 \
		else                                                               \
			bpf_core_read(&value_, sizeof(value_), &(pointer)->field); \
		value_;                                                            \
	})

/*
 * The address of a structure as a number. What has a type is a pointer to the verifier, of which no other number can be had
 * than its distance from another pointer, `from`.
 */
#define ADDRESS(direct, pointer, from)                                                  \
	({                                                                              \
		__u64 address_ = (__u64)(pointer);                                      \
		if (direct)                                                             \
			asm volatile("%0 -= %1" : "+r"(address_) : "r"((__u64)(from))); \
		address_;                                                               \
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
	/* Right before 5.15 only: with FRED (6.9) the frame lies elsewhere. */
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

/* The kernel restarts the call, or it ends as EINTR: either way it is not over yet. */
static __always_inline bool is_to_be_restarted(long result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_LAST;
}

/*
 * Reads a string of the program's, at most `size` bytes with its NUL, and returns its length with it; 0 when it cannot be read.
 * Up to 6.12 or so the helper returns 0 for an empty one, too, which is none of its errors.
 */
static __always_inline long read_user_string(char *to, __u32 size, const void *address)
{
	long read = bpf_probe_read_user_str(to, size, address);

	if (read)
		return read < 0 ? 0 : read;
	*to = 0;
	return 1;
}

static __always_inline __u64 cgroup_of(struct task_struct *task, bool direct)
{
	struct css_set *set = READ(direct, task, cgroups);
	struct cgroup *cgroup = READ(direct, set, dfl_cgrp);
	struct kernfs_node *node = READ(direct, cgroup, kn);

	return READ(direct, node, id);
}

#endif
