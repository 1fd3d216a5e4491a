/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What user space tells the programs, and what they could not do. */
#ifndef OT_CONFIG_BPF_H
#define OT_CONFIG_BPF_H

#include "kernel.bpf.h"

const volatile struct ot_config config SEC(".rodata.config") = {};
struct ot_stats stats SEC(".data.stats") = {};
struct ot_watch watch SEC(".data.watch") = {};

/* One word more in a hash: all bits of both change about half of those of the result. */
static __always_inline __u64 mixed(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

static __always_inline bool is_self(void)
{
	struct bpf_pidns_info ids = {};

	return !bpf_get_ns_current_pid_tgid(config.self_namespace_device,
					    config.self_namespace_inode, &ids, sizeof(ids)) &&
	       ids.tgid == config.self_tgid;
}

#endif
