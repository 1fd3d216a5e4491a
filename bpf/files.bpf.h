/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What a finished open or write counts for: the same for system calls and for io_uring. */
#ifndef OT_FILES_BPF_H
#define OT_FILES_BPF_H

#include "counters.bpf.h"
#include "watch.bpf.h"

/* `via` of an operation that did not go through io_uring. */
#define BY_SYSCALL (-1)
/* Which argument of an open has its flags; those of openat2 and of requests are nowhere that could be read. */
enum flags_at { FLAGS_NOWHERE, FLAGS_SECOND, FLAGS_THIRD, FLAGS_OF_CREAT };

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

/* Whether the open that the task is leaving can have led to this file; where its flags are nowhere, that is believed. */
static __always_inline bool is_opened_here(struct task_struct *task, struct file *file,
					   unsigned int mode, enum flags_at where, bool direct)
{
	unsigned int flags;

	if (where == FLAGS_NOWHERE || is_plainly_opened(mode))
		return true;
	flags = where == FLAGS_SECOND  ? ARGUMENT(task, 1, direct)
		: where == FLAGS_THIRD ? ARGUMENT(task, 2, direct)
				       : O_CREAT | O_WRONLY;
	return is_opened_with(file, mode, flags, direct);
}

/* An open of this file; NULL when another thread has closed it already. Says whether it is a new one. */
static __always_inline bool count_opened(struct task_struct *task, struct ot_counters *to,
					 struct file *file, int via, enum flags_at where,
					 bool direct)
{
	unsigned int mode = file ? READ(direct, file, f_mode) : 0;
	bool created;

	if (file && is_pseudo(READ(direct, file, f_inode), direct) && !(mode & FMODE_PATH)) {
		add(to, OT_PSEUDO_OPENS, 1);
		return false;
	}
	if (!file || !is_opened_here(task, file, mode, where, direct)) {
		count_open_as(to, via, false, false);
		ADD_ATOMICALLY(&stats.unknown_file, 1);
		return false;
	}
	if (mode & FMODE_PATH) {
		add(to, OT_PATH_OPENS, 1);
		return false;
	}
	created = mode & FMODE_CREATED || READ(direct, file, f_flags) & TMPFILE;
	count_open_as(to, via, mode & FMODE_WRITE, created);
	return created;
}

/* An open that is over; `result` is the descriptor or -errno. The file that it made, or NULL. */
static __always_inline struct file *count_open(struct task_struct *task, const struct actor *who,
					       int via, long result, enum flags_at where,
					       bool direct)
{
	struct ot_counters *to = counters_of(who->slot);
	struct file *file;

	if (!to)
		return 0;
	if (result < 0) {
		count_failure(to, who->slot, who->cgroup, OT_OPEN_FAILURES, OT_FAILING_OPEN,
			      result);
		return 0;
	}
	file = file_of(task, result, direct);
	return count_opened(task, to, file, via, where, direct) ? file : 0;
}

#endif
