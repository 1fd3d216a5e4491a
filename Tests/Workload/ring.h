/* SPDX-License-Identifier: MIT */
#ifndef WORKLOAD_RING_H
#define WORKLOAD_RING_H

#include "workload.h"

#include <liburing.h>

#define FIXED_SIZE 16384

struct ring {
	struct io_uring ring;
	enum ring_mode mode;
	struct iovec fixed;
	bool writev_fixed, direct_open;
};

extern struct ring ring;

struct io_uring_sqe *request(void);
void finish_request(struct io_uring_sqe *sqe);
void submit(void);
long completion(void);
long result_of(struct io_uring_sqe *sqe);
void prep_writev_fixed(struct io_uring_sqe *sqe, int fd, const struct iovec *iov,
		       unsigned int count, uint64_t at);

#endif
