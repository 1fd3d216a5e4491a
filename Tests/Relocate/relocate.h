/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELOCATE_H
#define RELOCATE_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* A program as it would have reached the kernel: everything relocated, its subprograms behind it. */
struct loaded {
	const struct bpf_insn *instructions;
	size_t count;
	const struct bpf_func_info *functions; /* where each begins, and the number of its type */
	size_t function_count;
};

/* fake_kernel.c: told of each program that libbpf loads; bpf(2) itself is never called. */
void on_load(const struct loaded *program);

/* What libbpf puts in the place of an instruction whose field, type or value the kernel does not have. */
#define POISON 195896080
static inline bool is_poison(const struct bpf_insn *instruction)
{
	return instruction->code == (BPF_JMP | BPF_CALL) && instruction->src_reg == 0 &&
	       instruction->imm == POISON;
}

/* reach.c: sets reached[i] for each instruction that can be executed, as far as constants decide it. */
void find_reached(const struct bpf_insn *instructions, size_t count, bool *reached);

#endif
