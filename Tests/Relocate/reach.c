/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which instructions can be executed, when only what is constant decides a branch: the part of the kernel's verifier that
 * removes the code behind a question like bpf_core_field_exists. What is not surely constant counts as unknown, so at
 * worst something is called reached that the verifier would see is not.
 */
#include "reach.h"

#include <stdlib.h>
#include <string.h>

static const struct value unknown;

static bool are_same(const struct value *a, const struct value *b)
{
	return a->is_known == b->is_known && a->is_frame == b->is_frame && a->number == b->number;
}

/* Whether `to` has changed: what differs becomes unknown. */
static bool join(struct search *search, struct value *to, const struct value *from, size_t count)
{
	bool has_changed = false;

	for (size_t i = 0; i < count; i++) {
		if (are_same(&to[i], &from[i]))
			continue;
		search->is_wild |= to[i].is_frame || from[i].is_frame;
		if (are_same(&to[i], &unknown))
			continue;
		to[i] = unknown;
		has_changed = true;
	}
	return has_changed;
}

static void go(struct search *search, size_t to, const struct state *state)
{
	struct state *there = &search->states[to];
	bool has_changed = !there->seen;

	if (to >= search->count)
		return;
	if (has_changed) {
		*there = *state;
		there->seen = true;
	} else {
		has_changed = join(search, there->registers, state->registers, REGISTERS);
		has_changed |= join(search, there->stack, state->stack, SLOTS);
	}
	if (has_changed && !search->is_queued[to]) {
		search->is_queued[to] = true;
		search->queue[search->waiting++] = to;
	}
}

/* A function is entered with arguments nobody knows. */
static void enter(struct search *search, size_t at)
{
	struct state state = { 0 };

	state.registers[FRAME].is_frame = true;
	go(search, at, &state);
}

static void do_arithmetic(struct search *search, struct state *state, const struct bpf_insn *insn)
{
	struct value *to = &state->registers[insn->dst_reg];
	struct value from = { .is_known = true, .number = (__s64)insn->imm };
	bool is_wide = BPF_CLASS(insn->code) == BPF_ALU64;
	__u8 operation = BPF_OP(insn->code);

	if (BPF_SRC(insn->code) == BPF_X)
		from = state->registers[insn->src_reg];
	if (operation == BPF_MOV && is_wide && insn->off == 0) {
		*to = from;
		return;
	}
	if (to->is_frame && is_wide && operation == BPF_ADD && from.is_known) {
		to->number += from.number;
		return;
	}
	if ((!to->is_known && operation != BPF_MOV) || !from.is_known || insn->off != 0 ||
	    !calculate(operation, &to->number, from.number, is_wide)) {
		search->is_wild |= to->is_frame || from.is_frame;
		*to = unknown;
		return;
	}
	to->is_known = true;
	to->is_frame = false;
}

/* The word of the stack at an address, when all of it is meant; NULL for any other memory. */
static struct value *stack_word(struct state *state, const struct value *pointer, short offset)
{
	__s64 at = (__s64)pointer->number + offset;

	if (!pointer->is_frame || at >= 0 || at < -8 * SLOTS)
		return NULL;
	return &state->stack[SLOTS + (at - 7) / 8];
}

/* Memory that is written to through a pointer nobody followed may be any that a pointer was handed out to. */
static void forget_from(struct state *state, __s64 lowest)
{
	for (__s64 slot = 0; slot < SLOTS; slot++)
		if ((slot - SLOTS) * 8 + 7 >= lowest)
			state->stack[slot] = unknown;
}

static void store(struct state *state, const struct bpf_insn *insn)
{
	const struct value *pointer = &state->registers[insn->dst_reg];
	struct value *word = stack_word(state, pointer, insn->off);
	struct value value = { .is_known = true, .number = (__s64)insn->imm };

	if (BPF_CLASS(insn->code) == BPF_STX)
		value = state->registers[insn->src_reg];
	/* An atomic operation may leave the old value in its source. */
	if (BPF_MODE(insn->code) != BPF_MEM)
		state->registers[insn->src_reg] = state->registers[BPF_REG_0] = unknown;
	if (!word)
		return;
	*word = BPF_SIZE(insn->code) == BPF_DW && BPF_MODE(insn->code) == BPF_MEM ? value : unknown;
}

static void load(const struct search *search, struct state *state, const struct bpf_insn *insn)
{
	struct value *word = stack_word(state, &state->registers[insn->src_reg], insn->off);

	state->registers[insn->dst_reg] =
		word && BPF_SIZE(insn->code) == BPF_DW && !search->is_wild ? *word : unknown;
}

/* A callee may write from where its lowest pointer into the frame points upwards. */
static void call(struct search *search, size_t at, struct state *state)
{
	const struct bpf_insn *insn = &search->code[at];

	if (insn->src_reg == BPF_PSEUDO_CALL)
		enter(search, at + 1 + insn->imm);
	for (int i = BPF_REG_1; i <= BPF_REG_5; i++)
		if (state->registers[i].is_frame)
			forget_from(state, (__s64)state->registers[i].number);
	for (int i = BPF_REG_0; i <= BPF_REG_5; i++)
		state->registers[i] = unknown;
}

static void branch(struct search *search, size_t at, const struct state *state)
{
	const struct bpf_insn *insn = &search->code[at];
	const struct value *a = &state->registers[insn->dst_reg];
	struct value b = { .is_known = true, .number = (__s64)insn->imm };
	bool is_wide = BPF_CLASS(insn->code) == BPF_JMP, is_known;

	if (BPF_SRC(insn->code) == BPF_X)
		b = state->registers[insn->src_reg];
	is_known = a->is_known && b.is_known;
	if (!is_known || holds(BPF_OP(insn->code), a->number, b.number, is_wide))
		go(search, at + 1 + insn->off, state);
	if (!is_known || !holds(BPF_OP(insn->code), a->number, b.number, is_wide))
		go(search, at + 1, state);
}

static void step(struct search *search, size_t at)
{
	const struct bpf_insn *insn = &search->code[at];
	struct state state = search->states[at];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		do_arithmetic(search, &state, insn);
		break;
	case BPF_LDX:
		load(search, &state, insn);
		break;
	case BPF_ST:
	case BPF_STX:
		store(&state, insn);
		break;
	case BPF_LD: /* of 64 bits, in two instructions */
		if (insn->src_reg == BPF_PSEUDO_FUNC)
			enter(search, at + 1 + insn->imm);
		state.registers[insn->dst_reg] = (struct value){
			.is_known = insn->src_reg == 0,
			.number = insn->src_reg ? 0 : (__u32)insn->imm | (__u64)insn[1].imm << 32,
		};
		go(search, at + 2, &state);
		return;
	default:
		if (is_poison(insn) || BPF_OP(insn->code) == BPF_EXIT)
			return;
		if (BPF_OP(insn->code) == BPF_CALL) {
			call(search, at, &state);
		} else if (BPF_OP(insn->code) == BPF_JA) {
			go(search, at + 1 + insn->off, &state);
			return;
		} else {
			branch(search, at, &state);
			return;
		}
	}
	go(search, at + 1, &state);
}

static void run(struct search *search)
{
	enter(search, 0);
	while (search->waiting) {
		size_t at = search->queue[--search->waiting];

		search->is_queued[at] = false;
		step(search, at);
	}
}

void find_reached(const struct bpf_insn *instructions, size_t count, bool *reached)
{
	struct search search = { .code = instructions, .count = count };

	search.states = calloc(count + 1, sizeof(*search.states));
	search.queue = calloc(count, sizeof(*search.queue));
	search.is_queued = calloc(count, sizeof(*search.is_queued));
	if (!search.states || !search.queue || !search.is_queued)
		abort();
	run(&search);
	if (search.is_wild) {
		memset(search.states, 0, count * sizeof(*search.states));
		run(&search);
	}
	for (size_t i = 0; i < count; i++)
		reached[i] = search.states[i].seen;
	free(search.states);
	free(search.queue);
	free(search.is_queued);
}
