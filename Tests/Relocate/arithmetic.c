/* SPDX-License-Identifier: Apache-2.0 */
/* What the instructions of BPF make of values that are known. */
#include "reach.h"

bool calculate(__u8 operation, __u64 *a, __u64 b, bool is_wide)
{
	unsigned int width = is_wide ? 63 : 31;

	switch (operation) {
	case BPF_MOV:
		*a = b;
		break;
	case BPF_ADD:
		*a += b;
		break;
	case BPF_SUB:
		*a -= b;
		break;
	case BPF_AND:
		*a &= b;
		break;
	case BPF_OR:
		*a |= b;
		break;
	case BPF_XOR:
		*a ^= b;
		break;
	case BPF_LSH:
		*a <<= b & width;
		break;
	case BPF_RSH:
		*a = (is_wide ? *a : (__u32)*a) >> (b & width);
		break;
	default:
		return false;
	}
	if (!is_wide)
		*a = (__u32)*a;
	return true;
}

bool holds(__u8 operation, __u64 a, __u64 b, bool is_wide)
{
	__s64 x = is_wide ? (__s64)a : (__s32)a, y = is_wide ? (__s64)b : (__s32)b;

	a = is_wide ? a : (__u32)a;
	b = is_wide ? b : (__u32)b;
	switch (operation) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSET:
		return a & b;
	case BPF_JSGT:
		return x > y;
	case BPF_JSGE:
		return x >= y;
	case BPF_JSLT:
		return x < y;
	default:
		return x <= y;
	}
}
