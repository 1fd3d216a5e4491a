/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the registers and the stack before each instruction. */
#ifndef REACH_H
#define REACH_H

#include "relocate.h"

#define REGISTERS 11
#define FRAME	  BPF_REG_10
#define SLOTS	  64 /* a stack of 512 bytes, in words */

/* A value that is known, or an address in the frame (`number` is then counted from the frame pointer), or neither. */
struct value {
	bool is_known;
	bool is_frame;
	__u64 number;
};

struct state {
	bool seen;
	struct value registers[REGISTERS];
	struct value stack[SLOTS];
};

struct search {
	const struct bpf_insn *code;
	size_t count, waiting;
	struct state *states;
	size_t *queue;
	bool *is_queued;
	bool is_wild; /* a pointer into the frame was lost sight of: any store may change the stack */
};

/* arithmetic.c: false for an operation that is not calculated. */
bool calculate(__u8 operation, __u64 *a, __u64 b, bool is_wide);
bool holds(__u8 operation, __u64 a, __u64 b, bool is_wide);

#endif
