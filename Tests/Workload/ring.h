/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WORKLOAD_RING_H
#define WORKLOAD_RING_H

#include "workload.h"

#include <liburing.h>

#define FIXED_SIZE 16384
#define POLLED	   4 /* writes at once */

#ifndef IORING_OP_WRITEV_FIXED
/* Linux 6.15; not yet in the headers of older distributions. */
#define OP_WRITEV_FIXED 61
#else
#define OP_WRITEV_FIXED IORING_OP_WRITEV_FIXED
#endif
/* Linux 6.7 and 6.9; enumerators, so whether a header has them cannot be asked. */
#define OP_READ_MULTISHOT 49
#define OP_FTRUNCATE	  55

struct ring {
	struct io_uring ring;
	enum ring_mode mode;
	struct iovec fixed;
	bool direct_open, direct_any, polls;
	struct io_uring polled; /* of its own kind: completions are asked for */
	int direct_file;
	unsigned int features;
	struct io_uring_probe *probe;
};

extern struct ring ring;

struct io_uring_sqe *request(void);
void finish_request(struct io_uring_sqe *sqe);
void submit(void);
struct io_uring_cqe next_completion(void);
/* The user_data of a request that asks another one to stop. */
#define STOP (1ULL << 61)
void ask_to_stop(uint64_t request, uint64_t user_data);
bool was_stopped(int answer);
long completion(void);
long result_of(struct io_uring_sqe *sqe);
bool ring_does(struct worker *w, unsigned int opcode, const char *name);
void prep_writev_fixed(struct io_uring_sqe *sqe, int fd, const struct iovec *iov,
		       unsigned int count, uint64_t at);

#endif
