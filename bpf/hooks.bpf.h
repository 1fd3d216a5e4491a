/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* From a few lines to the programs of a hook: one for each way to read, and the copies of those at system calls. */
#ifndef OT_HOOKS_BPF_H
#define OT_HOOKS_BPF_H

#include "copies.bpf.h"

/* `event` may be a list, as `a_{b,c}`: one program for all of them, so that the verifier looks at it once. */
#define HOOK(event, name, context_type, call)                          \
	SEC("tp/" event) int on_##name(context_type *context)          \
	{                                                              \
		const bool direct = DIRECT;                            \
		call;                                                  \
		return 0;                                              \
	}                                                              \
	SEC("tp/" event) int on_##name##_probed(context_type *context) \
	{                                                              \
		const bool direct = PROBED;                            \
		call;                                                  \
		return 0;                                              \
	}

#define COPY(event, name, context_type, copy, operation, call)            \
	SEC("tp/" event) int on_##name(context_type *context)             \
	{                                                                 \
		const bool direct = DIRECT;                               \
		if (config.is_preemptible)                                \
			bpf_preempt_disable();                            \
		if (!config.is_preemptible || is_mine(copy, operation)) { \
			call;                                             \
		}                                                         \
		if (config.is_preemptible)                                \
			bpf_preempt_enable();                             \
		return 0;                                                 \
	}

#define AT_SYSCALL(event, name, context_type, operation, call)                                 \
	COPY("syscalls/sys_" event, name, context_type, ORIGINAL, operation, call)             \
	COPY("syscalls/sys_" event, name##_copy1, context_type, ORIGINAL + 1, operation, call) \
	COPY("syscalls/sys_" event, name##_copy2, context_type, LAST_COPY, operation, call)    \
	SEC("tp/syscalls/sys_" event) int on_##name##_probed(context_type *context)            \
	{                                                                                      \
		const bool direct = PROBED;                                                    \
		call;                                                                          \
		return 0;                                                                      \
	}

#define ON_SYSCALL(calls, name, operation, call) \
	AT_SYSCALL("exit_" calls, name, struct sys_exit, OT_OPERATION_##operation, call)

#endif
