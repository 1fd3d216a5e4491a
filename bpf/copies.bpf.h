/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Runs that the kernel leaves out, and the copies that take them over. Where a task may be preempted in a program at a
 * system call (7.2), all others on that CPU miss that program until the task goes on. So each program is attached three
 * times there, and of the three the first that runs counts the call; why, and what it gains, is in
 * docs/decisions/0008-missed-runs.md.
 */
#ifndef OT_COPIES_BPF_H
#define OT_COPIES_BPF_H

#include "events.bpf.h"

/* Numbers of a program's copies, in the order in which they are attached and run. */
#define ORIGINAL  0
#define LAST_COPY 2

#define MARKS_IN_CHUNK	4096
#define CHUNKS_OF_MARKS 1024

/*
 * Whether the call that a task is leaving has been counted, and by which: the copy's number and one. By pid, of which
 * there are at most 1,024 * 4,096; neighbours share no cache line. Only its task touches a mark, so nothing can race. Made
 * with one chunk where programs cannot be preempted: nobody looks.
 */
struct marks {
	__u8 of[MARKS_IN_CHUNK];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CHUNKS_OF_MARKS);
	__type(key, __u32);
	__type(value, struct marks);
} marks SEC(".maps");

/*
 * Whether this copy is the one that counts. A mark that is left over from a call whose last copy was left out may cost a
 * later call; no copy takes that one over, so it stays among the missed runs.
 */
static __always_inline bool is_mine(int copy, enum ot_operation operation)
{
	__u32 pid = bpf_get_current_pid_tgid(), chunk = pid % CHUNKS_OF_MARKS;
	struct marks *marks_ = bpf_map_lookup_elem(&marks, &chunk);
	bool is_counted;
	__u8 *mark;

	if (!marks_)
		return copy == ORIGINAL;
	mark = &marks_->of[pid / CHUNKS_OF_MARKS % MARKS_IN_CHUNK];
	is_counted = *mark >= 1 && *mark <= copy;
	if (copy == LAST_COPY)
		*mark = 0;
	else if (!is_counted)
		*mark = copy + 1;
	if (copy != ORIGINAL && !is_counted)
		ADD_ATOMICALLY(&stats.taken_over[operation], 1);
	return !is_counted;
}

#endif
