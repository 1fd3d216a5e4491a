/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* Views of what no kernel has, read where it is asked for first, and where it is not. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct file {
	unsigned int f_mode;
	unsigned int f_invented;
} __attribute__((preserve_access_index));

struct task_struct {
	struct file *exe_invented;
} __attribute__((preserve_access_index));

SEC("tp/syscalls/sys_exit_writev") int asks(void *context)
{
	struct file *file = context;

	return bpf_core_field_exists(file->f_invented) ? BPF_CORE_READ(file, f_invented) : 0;
}

SEC("tp/syscalls/sys_exit_write") int assumes(void *context)
{
	struct file *file = context;

	return BPF_CORE_READ(file, f_mode) ? BPF_CORE_READ(file, f_invented) : 0;
}

/* Asked in a function of its own, whose answer nobody can know before it runs. */
static __noinline int has_it(void)
{
	return bpf_core_field_exists(struct file, f_invented);
}

static __noinline int assumed(struct task_struct *task)
{
	return BPF_CORE_READ(task, exe_invented) != 0;
}

SEC("tp/syscalls/sys_exit_open") int asks_too_far_away(void *context)
{
	return has_it() ? assumed(context) : 0;
}
