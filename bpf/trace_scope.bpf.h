/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Whose operations are traced. */
#ifndef OT_TRACE_SCOPE_BPF_H
#define OT_TRACE_SCOPE_BPF_H

#include "config.bpf.h"
#include "trace_abi.h"

const volatile struct ot_trace_config trace SEC(".rodata.trace") = {};
struct ot_trace_stats trace_stats SEC(".data.trace_stats") = {};

/* What the programs have found out about what user space knows by other numbers only; 0 until then. */
struct {
	__u32 own_tgid;	    /* of the tracer */
	__u32 is_seeded;    /* the process of OT_SCOPE_PROCESS was seen */
	__u32 cgroup_level; /* of the cgroup in scope, and one */
	__u32 pad;
	__u64 woken; /* when user space was last asked to read, ns */
} found SEC(".data.trace_found") = {};

/*
 * The processes that are traced, by tgid, each from its fork to the end of its last thread. Full: the process is not
 * traced and neither are those that come from it, which is counted in unfollowed.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32);
	__type(value, __u32);
} followed SEC(".maps");

static __always_inline __u32 current_tgid(void)
{
	return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline void count_filtered(void)
{
	ADD_ATOMICALLY(&trace_stats.filtered, 1);
}

static __always_inline void follow(__u32 tgid)
{
	__u32 is = 1;

	if (bpf_map_update_elem(&followed, &tgid, &is, BPF_ANY))
		ADD_ATOMICALLY(&trace_stats.unfollowed, 1);
}

/* The tracer itself, asked by its namespace's numbers only until it was seen once. */
static __always_inline bool is_tracer(__u32 tgid)
{
	if (found.own_tgid)
		return tgid == found.own_tgid;
	if (!is_self())
		return false;
	found.own_tgid = tgid;
	return true;
}

/* Whether the current task is the process that was asked for, which then is followed. */
static __always_inline bool is_process(__u32 tgid)
{
	struct bpf_pidns_info ids = {};

	if (found.is_seeded ||
	    bpf_get_ns_current_pid_tgid(config.self_namespace_device, config.self_namespace_inode,
					&ids, sizeof(ids)) ||
	    ids.tgid != trace.process)
		return false;
	found.is_seeded = 1;
	follow(tgid);
	return true;
}

#define DEEPEST_CGROUP 64

/* Its level is that from the real root, which who is in a cgroup namespace does not know: so it is found out here. */
static __always_inline bool is_below_by_level(void)
{
	if (found.cgroup_level)
		return bpf_get_current_ancestor_cgroup_id(found.cgroup_level - 1) == trace.cgroup;
	for (int level = 0; level < DEEPEST_CGROUP; level++) {
		__u64 id = bpf_get_current_ancestor_cgroup_id(level);

		if (!id)
			break;
		if (id == trace.cgroup) {
			found.cgroup_level = level + 1;
			return true;
		}
	}
	return false;
}

/* The same where programs at tracepoints are not given the ancestors (5.10): a walk up to the root. */
__noinline int is_below_by_walk(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *cgroup = BPF_CORE_READ(set, dfl_cgrp);
	struct cgroup_subsys_state *parent;

	for (int level = 0; level < DEEPEST_CGROUP && cgroup; level++) {
		if (BPF_CORE_READ(cgroup, kn, id) == trace.cgroup)
			return 1;
		parent = BPF_CORE_READ(cgroup, self.parent);
		cgroup = parent ? BPF_CORE_READ(parent, cgroup) : 0;
	}
	return 0;
}

static __always_inline bool is_in_cgroup(bool direct)
{
	return trace.cgroup && (direct ? is_below_by_level() : is_below_by_walk());
}

static __always_inline bool is_in_scope(__u32 tgid, bool direct)
{
	switch (trace.scope) {
	case OT_SCOPE_HOST:
		return !is_tracer(tgid);
	case OT_SCOPE_CHILDREN:
		return bpf_map_lookup_elem(&followed, &tgid) || is_in_cgroup(direct);
	default:
		return bpf_map_lookup_elem(&followed, &tgid) || is_process(tgid);
	}
}

static __always_inline bool is_wanted(enum ot_trace_operation operation)
{
	return trace.operations & (1 << operation);
}

/* Whether the operation is one that was asked for, but for flags; if not, it is counted. */
static __always_inline bool is_selected(struct task_struct *task, long result, bool direct)
{
	if (trace.has_uid) {
		struct cred *cred = READ(direct, task, cred);

		if (READ(direct, cred, uid.val) != trace.uid) {
			count_filtered();
			return false;
		}
	}
	if (trace.only_failures && result >= 0) {
		count_filtered();
		return false;
	}
	return true;
}

/*
 * Whether a term holds; of the outcome only what is `known` is compared. Without a branch for each term, and a global function,
 * since the verifier would look at what follows for each of them. Terms that are not used never hold.
 */
__noinline int is_any_term(__u64 flags, __u32 outcome, __u32 known)
{
	__u64 all_differ = 1;

	if (!trace.term_count)
		return true;
#pragma unroll
	for (__u32 i = 0; i < OT_TRACE_TERMS; i++) {
		__u64 difference = (flags & trace.terms[i].mask) ^ trace.terms[i].value;

		if (i % 4 == 0 && i >= trace.term_count)
			break;
		difference |= ((outcome ^ trace.terms[i].outcome_value) &
			       trace.terms[i].outcome_mask & known);
		barrier_var(difference);
		all_differ &= (difference | -difference) >> 63;
	}
	return !all_differ;
}

/* Whether the formula lets an open pass; `created` is false where nobody can tell. */
static __always_inline bool passes(__u64 flags, bool created, long result)
{
	if (!is_wanted(OT_TRACE_OPEN) && !created)
		return false;
	return is_any_term(
		flags, (created ? OT_OUTCOME_CREATED : 0) | (result < 0 ? OT_OUTCOME_FAILED : 0),
		~0U);
}

/* Whether it may pass, as long as nobody knows what comes of it. */
static __always_inline bool may_pass(__u64 flags)
{
	if (!is_wanted(OT_TRACE_OPEN) && !(flags & (O_CREAT | TMPFILE)))
		return false;
	return is_any_term(flags, 0, 0);
}

#endif
