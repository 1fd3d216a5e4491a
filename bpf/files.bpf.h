/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a finished open or write counts for: the same for system calls and for io_uring. */
#ifndef OT_FILES_BPF_H
#define OT_FILES_BPF_H

#include "counters.bpf.h"

/* `via` of an operation that did not go through io_uring. */
#define BY_SYSCALL (-1)
/* Which argument of an open has its flags; those of openat2 and of requests are nowhere that could be read. */
enum flags_at { FLAGS_NOWHERE, FLAGS_SECOND, FLAGS_THIRD, FLAGS_OF_CREAT };

enum file_kind { NOT_A_FILE, REGULAR_FILE, DIRECTORY, PSEUDO_FILE, BLOCK_DEVICE };

/* File systems that show the kernel's own state; beside them every mount the kernel made for itself (SB_KERNMOUNT). */
static __always_inline bool is_pseudo(struct inode *inode, bool direct)
{
	struct super_block *super = READ(direct, inode, i_sb);

	if (config.pseudo_counts)
		return false;
	if (READ(direct, super, s_flags) & SB_KERNMOUNT)
		return true;
	switch (READ(direct, super, s_magic)) {
	case 0x00009fa0: /* proc */
	case 0x62656572: /* sysfs */
	case 0x0027e0eb: /* cgroup */
	case 0x63677270: /* cgroup2 */
	case 0x74726163: /* tracefs */
	case 0x64626720: /* debugfs */
	case 0x73636673: /* securityfs */
	case 0xcafe4a11: /* bpf */
	case 0x00001cd1: /* devpts */
	case 0x62656570: /* configfs */
	case 0xde5e81e4: /* efivarfs */
	case 0x19800202: /* mqueue */
	case 0x6165676c: /* pstore */
	case 0xf97cff8c: /* selinuxfs */
	case 0x42494e4d: /* binfmt_misc */
	case 0x00000187: /* autofs */
	case 0x65735543: /* fusectl */
	case 0x6e736673: /* nsfs */
		return true;
	}
	return false;
}

/* S_IFREG and the like. */
static __always_inline unsigned int type_of(struct file *file, bool direct)
{
	struct inode *inode = READ(direct, file, f_inode);

	return READ(direct, inode, i_mode) & S_IFMT;
}

/*
 * Whether it may be something that is counted. Asked first, and what it is in full only when the slot is known:
 * the verifier then walks the way to the slot once, and not for each kind of file.
 */
static __always_inline bool is_a_file(struct file *file, bool direct)
{
	unsigned int type = file ? type_of(file, direct) : 0;

	return type == S_IFREG || type == S_IFDIR || type == S_IFBLK;
}

/* What an operation on this file counts as; sockets, pipes and character devices are not file activity. */
static __always_inline enum file_kind kind_of(struct file *file, bool direct)
{
	unsigned int type = file ? type_of(file, direct) : 0;

	if (type == S_IFBLK)
		return BLOCK_DEVICE;
	if (type != S_IFREG && type != S_IFDIR)
		return NOT_A_FILE;
	if (is_pseudo(READ(direct, file, f_inode), direct))
		return PSEUDO_FILE;
	return type == S_IFREG ? REGULAR_FILE : DIRECTORY;
}

static __always_inline void add_via(struct ot_counters *to, enum ot_counter which, int via,
				    __u64 value)
{
	if (via == BY_SYSCALL)
		return;
	switch (via) { /* each position a constant: the verifier need not bound an index */
	case OT_VIA_INLINE:
		add(to, which, value);
		break;
	case OT_VIA_WORKER:
		add(to, which + OT_VIA_STRIDE, value);
		break;
	default:
		add(to, which + 2 * OT_VIA_STRIDE, value);
	}
}

static __always_inline void count_write(enum file_kind kind, __u32 slot, __u64 cgroup, int via,
					long result)
{
	struct ot_counters *to = counters_of(slot);

	if (!to)
		return;
	if (kind == REGULAR_FILE) {
		if (result < 0) {
			count_failure(to, slot, cgroup, OT_WRITE_FAILURES, OT_FAILING_WRITE,
				      result);
			return;
		}
		add(to, OT_WRITES, 1);
		add(to, OT_WRITE_BYTES, result);
		add_via(to, OT_VIA_WRITES, via, 1);
		add_via(to, OT_VIA_WRITE_BYTES, via, result);
	} else if (result >= 0) {
		if (kind == PSEUDO_FILE) {
			add(to, OT_PSEUDO_WRITES, 1);
			add(to, OT_PSEUDO_WRITE_BYTES, result);
		} else if (kind == BLOCK_DEVICE) {
			add(to, OT_DEVICE_WRITES, 1);
		}
	}
}

/* Whether an operation on a whole file is one on a file that counts. */
static __always_inline bool is_counted(enum ot_counter which, enum file_kind kind)
{
	return kind == REGULAR_FILE || (which == OT_SYNCS && kind == DIRECTORY);
}

/* One operation that succeeded, whoever it was. */
static __always_inline void count_done(__u32 slot, enum ot_counter which)
{
	struct ot_counters *to = counters_of(slot);

	if (to)
		add(to, which, 1);
}

static __always_inline void count_open_as(struct ot_counters *to, int via, bool for_write,
					  bool created)
{
	add(to, OT_OPENS, 1);
	add_via(to, OT_VIA_OPENS, via, 1);
	if (for_write)
		add(to, OT_OPENS_FOR_WRITE, 1);
	if (created) {
		add(to, OT_CREATES, 1);
		add_via(to, OT_VIA_CREATES, via, 1);
	}
}

/*
 * Whether the open that the task is leaving can have led to this file; if not, another thread has closed that one and opened
 * this. Pseudo files are not asked, some change their mode; a file that is open for reading only is believed: most are, and to look at the flags costs a helper call.
 */
static __always_inline bool is_opened_here(struct task_struct *task, struct file *file,
					   unsigned int mode, enum flags_at where, bool direct)
{
	unsigned int flags;

	if (where == FLAGS_NOWHERE || !(mode & (FMODE_WRITE | FMODE_CREATED | FMODE_PATH)))
		return true;
	flags = where == FLAGS_SECOND  ? ARGUMENT(task, 1, direct)
		: where == FLAGS_THIRD ? ARGUMENT(task, 2, direct)
				       : O_CREAT | O_WRONLY;
	if (flags & O_PATH)
		return mode & FMODE_PATH;
	return !(mode & FMODE_PATH) && ((READ(direct, file, f_flags) ^ flags) & O_ACCMODE) == 0 &&
	       (flags & O_CREAT || !(mode & FMODE_CREATED));
}

/* An open of this file; NULL when another thread has closed it already. */
static __always_inline void count_opened(struct task_struct *task, struct ot_counters *to,
					 struct file *file, int via, enum flags_at where,
					 bool direct)
{
	unsigned int mode = file ? READ(direct, file, f_mode) : 0;

	if (file && is_pseudo(READ(direct, file, f_inode), direct) && !(mode & FMODE_PATH)) {
		add(to, OT_PSEUDO_OPENS, 1);
		return;
	}
	if (!file || !is_opened_here(task, file, mode, where, direct)) {
		count_open_as(to, via, false, false);
		ADD_ATOMICALLY(&stats.unknown_file, 1);
		return;
	}
	if (mode & FMODE_PATH)
		add(to, OT_PATH_OPENS, 1);
	else
		count_open_as(to, via, mode & FMODE_WRITE,
			      mode & FMODE_CREATED || READ(direct, file, f_flags) & TMPFILE);
}

/* An open that is over; `result` is the descriptor or -errno. */
static __always_inline void count_open(struct task_struct *task, __u32 slot, __u64 cgroup, int via,
				       long result, enum flags_at where, bool direct)
{
	struct ot_counters *to = counters_of(slot);

	if (!to)
		return;
	if (result < 0)
		count_failure(to, slot, cgroup, OT_OPEN_FAILURES, OT_FAILING_OPEN, result);
	else
		count_opened(task, to, file_of(task, result, direct), via, where, direct);
}

#endif
