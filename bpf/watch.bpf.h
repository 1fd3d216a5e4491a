/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What watch rules and the baseline judge: the first operation of its kind by a writer in a directory.
 *
 * Each operation is looked up among the marks. One whose directory is settled ends there, which is all that a writer at
 * work pays. Anything else is told to user space, at first each file in the directory; user space settles the directory when
 * no file in it would be judged otherwise, and the writer when nobody watches its cgroup. A mark that had to make room is
 * told again: user space knows whom it has told of what.
 */
#ifndef OT_WATCH_BPF_H
#define OT_WATCH_BPF_H

#include "watch_record.bpf.h"

/*
 * By the hash of what was sighted; a power of two, set before load. Full sets: another mark makes room, and what it stood
 * for is told again. User space reads and writes them through its own mapping: a lost update is told again, too.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct ot_mark_set);
} marks_of_sightings SEC(".maps");

/* The constant comes first: where it is 0 the verifier does not look at what follows, whose maps are not there. */
static __always_inline bool is_watching(void)
{
	return config.mark_sets && watch.is_armed;
}

static __always_inline struct ot_mark_set *mark_set(__u64 mark)
{
	__u32 index = mark >> 2 & (config.mark_sets - 1);

	return bpf_map_lookup_elem(&marks_of_sightings, &index);
}

/* An ot_mark_state; 0 when it was not sighted. */
static __always_inline __u64 state_of(__u64 mark)
{
	struct ot_mark_set *set = mark_set(mark);

	if (!set)
		return OT_MARK_SETTLED;
#pragma unroll
	for (int i = 0; i < OT_MARKS_IN_SET; i++)
		if ((set->mark[i] & ~OT_MARK_STATE) == mark)
			return set->mark[i] & OT_MARK_STATE;
	return 0;
}

/* The same question where it is all that a writer at work pays. */
static __always_inline bool is_settled(__u64 mark)
{
	struct ot_mark_set *set = mark_set(mark);

	if (!set)
		return true;
	mark |= OT_MARK_SETTLED;
#pragma unroll
	for (int i = 0; i < OT_MARKS_IN_SET; i++)
		if (set->mark[i] == mark)
			return true;
	return false;
}

/* In the first free place, where it is found soonest. */
static __always_inline void set_mark(__u64 mark, enum ot_mark_state state)
{
	struct ot_mark_set *set = mark_set(mark);
	__u32 place = bpf_get_prandom_u32();

	if (!set)
		return;
#pragma unroll
	for (int i = OT_MARKS_IN_SET - 1; i >= 0; i--)
		if (!set->mark[i])
			place = i;
	set->mark[place & (OT_MARKS_IN_SET - 1)] = mark | state;
}

static __always_inline __u64 marked(__u64 hash, __u64 word)
{
	return mixed(hash, word) & ~OT_MARK_STATE;
}

/* What is watched is in bits that inode numbers have no use for: one word less to mix, as a writer pays for each. */
static __always_inline __u64 directory_mark(const struct actor *actor, struct inode *directory,
					    __u64 what, bool direct)
{
	struct super_block *super = READ(direct, directory, i_sb);
	__u64 hash = mixed(watch.seed ^ actor->writer, READ(direct, directory, i_ino) ^ what << 58);

	return marked(hash, (__u64)READ(direct, super, s_dev) << 32 |
				    READ(direct, directory, i_generation));
}

/* A writer's mark may not be that of a directory with no number. */
static __always_inline __u64 writer_mark(__u64 writer)
{
	return marked(mixed(watch.seed, writer), ~0ULL);
}

/* Tells what is `seen`, unless it was told. */
static __always_inline int sight(bool is_request, bool direct)
{
	struct watch_scratch *to;
	__u64 mark, directory, state = 0;

	if (!config.mark_sets)
		return 0;
	to = watch_scratch();
	if (!to)
		return 0;
	to->seen.writer_mark = writer_mark(to->seen.actor.writer);
	if (state_of(to->seen.writer_mark) == OT_MARK_SETTLED)
		return 0;
	directory = to->seen.directory_mark;
	mark = to->seen.mark;
	if (directory) {
		state = state_of(directory);
		if (state == OT_MARK_SETTLED || (state && state_of(mark)))
			return 0;
	}
	if (!tell_sighting(to, !state, is_request, direct)) {
		ADD_ATOMICALLY(&stats.sightings_dropped, 1);
		return 0;
	}
	/* A request may never be done: a mark would hide whoever does the same otherwise. */
	if (!directory || to->seen.request)
		return 1;
	if (!state)
		set_mark(directory, OT_MARK_TOLD);
	set_mark(mark, OT_MARK_TOLD);
	return 1;
}

/* Global, so that the verifier looks at them once for each program. */
__noinline int sight_direct(void)
{
	return sight(false, DIRECT);
}

__noinline int sight_probed(void)
{
	return sight(false, PROBED);
}

/* Apart, as to find an actor takes more of the stack than some programs have left. */
__noinline int sight_request_direct(void)
{
	return sight(true, DIRECT);
}

__noinline int sight_request_probed(void)
{
	return sight(true, PROBED);
}

/* An operation on a file, by its own links; `typed` is how the file itself is to be read. */
static __always_inline void watch_as(struct file *file, const struct actor *actor,
				     enum ot_watched watched, int via, bool typed, bool is_request,
				     bool direct)
{
	struct dentry *dentry, *parent;
	struct watch_scratch *to;
	struct inode *inode;
	__u64 mark;

	if (!is_watching() || !file || actor->slot == OT_SLOT_SELF)
		return;
	dentry = READ(typed, file, f_path.dentry);
	parent = READ(typed, dentry, d_parent);
	mark = directory_mark(actor, READ(typed, parent, d_inode), watched, typed);
	if (is_settled(mark))
		return;
	to = watch_scratch();
	if (!to)
		return;
	inode = READ(typed, file, f_inode);
	to->seen.actor = *actor;
	to->seen.dentry = dentry;
	to->seen.mount = READ(typed, file, f_path.mnt);
	to->seen.directory_mark = mark;
	to->seen.mark =
		marked(mixed(mark, READ(typed, inode, i_ino)), READ(typed, inode, i_generation));
	to->seen.request = 0;
	to->seen.name_length = 0;
	to->seen.watched = watched;
	to->seen.via = via + 1;
	to->seen.is_named = 0;
	if (is_request && direct)
		sight_request_direct();
	else if (is_request)
		sight_request_probed();
	else if (direct)
		sight_direct();
	else
		sight_probed();
}

static __always_inline void watch_file(struct file *file, const struct actor *actor,
				       enum ot_watched watched, int via, bool direct)
{
	watch_as(file, actor, watched, via, direct, false, direct);
}

/* --- names ---------------------------------------------------------------------------------------------------- */

/* Of a longer name no part is a mark: it is told each time. */
#define MARKED_NAME 256
/* Beside which no ot_watched is: a name's directory is not marked as a file's is. */
#define BY_NAME	    0x100

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
	__u64 directory; /* what comes before the last slash */
	bool is_whole;
};

/* Without a branch for a slash, of which the verifier would look at both ways at each byte. */
static __always_inline long hash_byte(__u32 index, struct name_hash *hash)
{
	__u64 byte = (unsigned char)hash->of->text[index & (MARKED_NAME - 1)];
	__u64 is_slash = ((byte ^ '/') - 1) >> 63;

	if (!byte) {
		hash->is_whole = true;
		return 1;
	}
	barrier_var(is_slash);
	hash->directory ^= (hash->directory ^ hash->all) & -is_slash;
	hash->all = hash->all * 0x100000001b3 + byte + 1;
	return 0;
}

/* Marks for the name and for the part of it before the last slash; none for a long one. */
static __always_inline void mark_name(struct watch_scratch *to, __u64 base, bool direct)
{
	struct name_hash hash = { .of = to };

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
		  mixed(BPF_CORE_READ(inode, i_ino) ^ watch.seed,
			mixed((__u64)BPF_CORE_READ(inode, i_sb, s_dev) << 32 |
				      BPF_CORE_READ(inode, i_generation),
			      mixed(to->seen.actor.writer, mounts << 32 | watched | BY_NAME))),
		  direct);
	if (!read) /* whatever it was, it is not what another one was */
		to->seen.directory_mark = 0;
	to->seen.request = request;
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
	return direct ? sight_name_direct(name, directory, watched, request)
		      : sight_name_probed(name, directory, watched, request);
}

#endif
