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

/* So many operations were not judged, if anybody judges. */
static __always_inline void not_judged(__u64 count)
{
	if (is_watching())
		ADD_ATOMICALLY(&stats.sightings_dropped, count);
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
					    __u64 what, __u64 seed, bool direct)
{
	struct super_block *super = READ(direct, directory, i_sb);
	/* Its address tells it from that of a snapshot, which has the same numbers. */
	__u64 hash = mixed(seed ^ actor->writer ^ ADDRESS(direct, directory, &watch),
			   READ(direct, directory, i_ino) ^ what << 58);

	return marked(hash, (__u64)READ(direct, super, s_dev) << 32 |
				    READ(direct, directory, i_generation));
}

/* A writer's mark may not be that of a directory with no number. */
static __always_inline __u64 writer_mark(__u64 writer)
{
	return marked(mixed(watch.seed, writer), ~0ULL);
}

/* Every operation of a writer, in `judged`. */
#define EVERYTHING (~0U)

/* What a writer at work pays where its last operation is remembered with its task: nothing is hashed. */
static __always_inline bool is_judged(const struct judged *judged, struct inode *directory,
				      enum ot_watched watched, __u64 seed, bool direct)
{
	if (!judged || judged->seed != seed)
		return false;
	return judged->watched == watched && judged->directory == directory &&
	       judged->number == READ(direct, directory, i_ino) &&
	       judged->generation == READ(direct, directory, i_generation) &&
	       judged->super == READ(direct, directory, i_sb);
}

static __always_inline void remember_judged(struct judged *judged, struct inode *directory,
					    __u32 watched, __u64 seed, bool direct)
{
	judged->seed = seed;
	judged->directory = directory;
	judged->super = READ(direct, directory, i_sb);
	judged->number = READ(direct, directory, i_ino);
	judged->generation = READ(direct, directory, i_generation);
	judged->watched = watched;
}

enum sight_result {
	SIGHT_IS_KNOWN, /* or was lost, and is counted so */
	SIGHT_IS_TOLD,
	SIGHT_IS_NOBODYS, /* nothing of this writer is to be told */
};

/* Tells what is `seen`, unless it was told; returns a sight_result. */
static __always_inline int sight(bool is_request, bool direct)
{
	struct watch_scratch *to;
	__u64 mark, directory, state = 0;

	if (!config.mark_sets)
		return SIGHT_IS_KNOWN;
	to = watch_scratch();
	if (!to)
		return SIGHT_IS_KNOWN;
	to->seen.writer_mark = writer_mark(to->seen.actor.writer);
	if (state_of(to->seen.writer_mark) == OT_MARK_SETTLED)
		return SIGHT_IS_NOBODYS;
	directory = to->seen.directory_mark;
	mark = to->seen.mark;
	if (directory) {
		state = state_of(directory);
		if (state == OT_MARK_SETTLED || (state && state_of(mark)))
			return SIGHT_IS_KNOWN;
	}
	if (!tell_sighting(to, !state, is_request, direct)) {
		ADD_ATOMICALLY(&stats.sightings_dropped, 1);
		return SIGHT_IS_KNOWN;
	}
	/* A request may never be done: a mark would hide whoever does the same otherwise. */
	if (!directory || to->seen.request)
		return SIGHT_IS_TOLD;
	if (!state)
		set_mark(directory, OT_MARK_TOLD);
	set_mark(mark, OT_MARK_TOLD);
	return SIGHT_IS_TOLD;
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

/*
 * An operation on a file, by its own links; `typed` is how the file itself is to be read, `judged` is NULL where it is not
 * the current task's operation.
 */
static __always_inline void watch_as(struct file *file, const struct actor *actor,
				     struct judged *judged, enum ot_watched watched, int via,
				     bool typed, bool is_request, bool direct)
{
	struct inode *inode, *directory;
	struct dentry *dentry, *parent;
	struct watch_scratch *to;
	/* Read once: under a seed that comes meanwhile nothing of this was judged. */
	__u64 mark, seed = *(volatile __u64 *)&watch.seed;
	int result;

	if (!is_watching() || !file || actor->slot == OT_SLOT_SELF)
		return;
	if (judged && judged->watched == EVERYTHING && judged->seed == seed)
		return;
	dentry = READ(typed, file, f_path.dentry);
	parent = READ(typed, dentry, d_parent);
	directory = READ(typed, parent, d_inode);
	if (is_judged(judged, directory, watched, seed, typed))
		return;
	mark = directory_mark(actor, directory, watched, seed, typed);
	if (is_settled(mark)) {
		if (judged)
			remember_judged(judged, directory, watched, seed, typed);
		return;
	}
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
	if (is_request)
		result = direct ? sight_request_direct() : sight_request_probed();
	else
		result = direct ? sight_direct() : sight_probed();
	if (judged && result == SIGHT_IS_NOBODYS)
		remember_judged(judged, directory, EVERYTHING, seed, typed);
}

static __always_inline void watch_file(struct file *file, const struct actor *actor,
				       struct judged *judged, enum ot_watched watched, int via,
				       bool direct)
{
	watch_as(file, actor, judged, watched, via, direct, false, direct);
}

#endif
