/* SPDX-License-Identifier: Apache-2.0 */
/* One io_uring, one request at a time; by system calls, so that no library decides what is possible. */
#ifndef SELFTEST_RING_H
#define SELFTEST_RING_H

#include "selftest.h"

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stdint.h>

struct ring {
	int descriptor;
	int error; /* why there is none: -errno */
	bool sqpoll;
	bool takes[256]; /* by opcode */
	uint32_t *submission_tail, *submission_mask, *submission_flags, *submission_array;
	uint32_t *completion_head, *completion_tail, *completion_mask;
	struct io_uring_sqe *requests;
	struct io_uring_cqe *completions;
};

#define IORING_OP_FTRUNCATE    55 /* since 6.9 */
#define IORING_OP_WRITEV_FIXED 61 /* since 6.15 */

/* Makes a ring with one registered buffer; what fails is left in `error`. */
void ring_make(struct ring *ring, uint32_t flags, void *buffer, uint32_t size);

/* Performs the request and waits for it: its result, or why it could not be submitted. */
int ring_perform(struct ring *ring, const struct io_uring_sqe *request);

/* On the ring of this way; one that the kernel does not know is EOPNOTSUPP. */
int perform_by_ring(const struct how *how, struct io_uring_sqe *request);
bool ring_takes(const struct how *how, unsigned int opcode);

#endif
