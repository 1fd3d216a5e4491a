/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Operations that are known by a name only: of a call that is over, or of a request that is yet to be done. */
#ifndef OT_WATCH_NAMES_BPF_H
#define OT_WATCH_NAMES_BPF_H

#include "watch.bpf.h"

/* Of a longer name no part is a mark: it is told each time. */
#define MARKED_NAME    256
/* Beside which no ot_watched is: a name's directory is not marked as a file's is. */
#define BY_NAME	       0x100
/* In the address of a request: nobody will tell how it ended. */
#define NEVER_ANSWERED 1ULL

/* Where the name begins; false when the descriptor is not open any more. */
static __always_inline bool find_name_base(struct watch_scratch *to, int directory, bool direct)
{
	struct task_struct *task = current_task(direct);
	struct fs_struct *fs;
	struct file *file;

	if (to->text[0] != '/' && directory != AT_FDCWD) {
		file = file_of(task, directory, direct);
		if (!file)
			return false;
		to->seen.dentry = READ(direct, file, f_path.dentry);
		to->seen.mount = READ(direct, file, f_path.mnt);
		return true;
	}
	fs = READ(direct, task, fs);
	if (!fs)
		return false;
	if (to->text[0] == '/') {
		to->seen.dentry = READ(direct, fs, root.dentry);
		to->seen.mount = READ(direct, fs, root.mnt);
	} else {
		to->seen.dentry = READ(direct, fs, pwd.dentry);
		to->seen.mount = READ(direct, fs, pwd.mnt);
	}
	return true;
}

/* How far a name was read. */
struct name_hash {
	struct watch_scratch *of;
	__u64 all;
	__u64 slash;	 /* what comes before the slashes that are read last */
	__u64 directory; /* what comes before the last name */
	__u64 is_after_slash;
	bool is_whole;
};

/*
 * Without a branch for a slash, of which the verifier would look at both ways at each byte. Each step is mixed with what
 * nobody knows who chooses a name: of a sum two names could be made the same.
 */
static __always_inline long hash_byte(__u32 index, struct name_hash *hash)
{
	__u64 byte = (unsigned char)hash->of->text[index & (MARKED_NAME - 1)];
	__u64 is_slash = ((byte ^ '/') - 1) >> 63;

	if (!byte) {
		hash->is_whole = true;
		return 1;
	}
	barrier_var(is_slash);
	hash->directory ^= (hash->directory ^ hash->slash) & -(hash->is_after_slash & ~is_slash);
	hash->slash ^= (hash->slash ^ hash->all) & -(is_slash & ~hash->is_after_slash);
	hash->is_after_slash = is_slash;
	hash->all = mixed(hash->all, byte);
	return 0;
}

/* Marks for the name and for the part of it before the last slash; none for a long one. */
static __always_inline void mark_name(struct watch_scratch *to, __u64 base, bool direct)
{
	struct name_hash hash = { .of = to, .all = mixed(base, 1) };

	if (direct) {
		bpf_loop(MARKED_NAME, hash_byte, &hash, 0);
	} else {
		for (int i = 0; i < MARKED_NAME; i++)
			if (hash_byte(i, &hash))
				break;
	}
	to->seen.directory_mark = hash.is_whole ? marked(base, hash.directory) : 0;
	to->seen.mark = hash.is_whole ? marked(mixed(base, hash.directory), hash.all) : 0;
}

/* An operation on a name of `seen.actor`; `request` is nonzero for one that is yet to be done. */
static __always_inline int sight_name(__u64 name, int directory, __u32 watched, __u64 request,
				      bool direct)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct watch_scratch *to;
	struct dentry *dentry;
	struct inode *inode;
	__u64 mounts;
	long read;

	if (!config.mark_sets)
		return 0;
	to = watch_scratch();
	if (!to)
		return 0;
	read = request ? bpf_probe_read_kernel_str(to->text, OT_PATH_MAX, (void *)name)
		       : read_user_string(to->text, OT_PATH_MAX, (void *)name);
	if (read <= 0) {
		read = 0;
		to->text[0] = 0;
	}
	if (!find_name_base(to, directory, direct)) {
		ADD_ATOMICALLY(&stats.sightings_dropped, 1);
		return 0;
	}
	dentry = to->seen.dentry;
	inode = BPF_CORE_READ(dentry, d_inode);
	/* The same name leads to something else where other things are mounted. */
	mounts = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	mark_name(to,
		  mixed(BPF_CORE_READ(inode, i_ino) ^ (__u64)inode ^ watch.seed,
			mixed((__u64)BPF_CORE_READ(inode, i_sb, s_dev) << 32 |
				      BPF_CORE_READ(inode, i_generation),
			      mixed(to->seen.actor.writer, mounts << 32 | watched | BY_NAME))),
		  direct);
	if (!read) /* whatever it was, it is not what another one was */
		to->seen.directory_mark = 0;
	to->seen.request = request & NEVER_ANSWERED ? 0 : request;
	to->seen.name_length = read;
	to->seen.watched = watched;
	to->seen.is_named = 1;
	return direct ? sight_direct() : sight_probed();
}

__noinline int sight_name_direct(__u64 name, int directory, __u32 watched, __u64 request)
{
	return sight_name(name, directory, watched, request, DIRECT);
}

__noinline int sight_name_probed(__u64 name, int directory, __u32 watched, __u64 request)
{
	return sight_name(name, directory, watched, request, PROBED);
}

/* Returns whether it was told. */
static __always_inline bool watch_name(const struct actor *actor, __u64 name, int directory,
				       enum ot_watched watched, __u64 request, int via, bool direct)
{
	struct watch_scratch *to;

	if (!is_watching() || actor->slot == OT_SLOT_SELF)
		return false;
	to = watch_scratch();
	if (!to)
		return false;
	to->seen.actor = *actor;
	to->seen.via = via + 1;
	return (direct ? sight_name_direct(name, directory, watched, request)
		       : sight_name_probed(name, directory, watched, request)) == SIGHT_IS_TOLD;
}

#endif
