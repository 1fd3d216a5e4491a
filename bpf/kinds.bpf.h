/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What an open file is: the same for what counts and for what traces. */
#ifndef OT_KINDS_BPF_H
#define OT_KINDS_BPF_H

#include "config.bpf.h"

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

/*
 * Open for reading only: such a file is believed to be the one that was opened, since most are, and to look at the flags costs
 * a helper call.
 */
static __always_inline bool is_plainly_opened(unsigned int mode)
{
	return !(mode & (FMODE_WRITE | FMODE_CREATED | FMODE_PATH));
}

/*
 * Whether an open with these flags can have led to this file; if not, another thread has closed that one and opened this.
 * Pseudo files are not asked, some change their mode.
 */
static __always_inline bool is_opened_with(struct file *file, unsigned int mode, unsigned int flags,
					   bool direct)
{
	if (flags & O_PATH)
		return mode & FMODE_PATH;
	return !(mode & FMODE_PATH) && ((READ(direct, file, f_flags) ^ flags) & O_ACCMODE) == 0 &&
	       (flags & O_CREAT || !(mode & FMODE_CREATED));
}

#endif
