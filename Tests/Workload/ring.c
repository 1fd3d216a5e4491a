/* SPDX-License-Identifier: Apache-2.0 */
/* The ring: made before the counting starts, in the mode that was asked for; and one request at a time through it. */
#define _GNU_SOURCE
#include "ring.h"

#include <stdlib.h>
#include <string.h>

struct ring ring;

static void must(const char *what, int result)
{
	if (result < 0)
		die(what, result);
}

struct io_uring_sqe *request(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring.ring);

	if (!sqe)
		die("io_uring_get_sqe", -EBUSY);
	return sqe;
}

/* After the prep function, which clears the flags. No two requests have the same user_data, as in most programs. */
void finish_request(struct io_uring_sqe *sqe)
{
	static uint64_t number;

	sqe->user_data = ++number;
	if (ring.mode == RING_ASYNC)
		sqe->flags |= IOSQE_ASYNC;
}

void submit(void)
{
	must("io_uring_submit", io_uring_submit(&ring.ring));
}

long completion(void)
{
	struct io_uring_cqe *cqe;
	int result;

	do {
		result = io_uring_wait_cqe(&ring.ring, &cqe);
	} while (result == -EINTR);
	must("io_uring_wait_cqe", result);
	result = cqe->res;
	io_uring_cqe_seen(&ring.ring, cqe);
	return result;
}

long result_of(struct io_uring_sqe *sqe)
{
	finish_request(sqe);
	submit();
	return completion();
}

/* Whether the kernel knows the operation; what it does not know is not in the truth. */
bool ring_does(struct worker *w, unsigned int opcode, const char *name)
{
	bool does = opcode <= ring.probe->last_op &&
		    ring.probe->ops[opcode].flags & IO_URING_OP_SUPPORTED;

	if (!does)
		skip(&w->truth, name);
	return does;
}

/* Before 5.15 the slot is not looked at, and the result is a common descriptor. */
static void probe_direct_open(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	long result;

	io_uring_prep_openat_direct(sqe, w->dirfd, "exists", O_RDONLY, 0, 1);
	result = result_of(sqe);
	ring.direct_open = result == 0;
	if (result > 0)
		close((int)result);
	if (!ring.direct_open)
		skip(&w->truth, "direct open");
}

void prepare_ring(struct worker *w)
{
	struct io_uring_params p = { 0 };
	int files[] = { w->data, -1, -1, -1 };

	ring.mode = w->opt->ring;
	if (ring.mode == RING_SQPOLL) {
		p.flags = IORING_SETUP_SQPOLL;
		p.sq_thread_idle = 1000;
	}
	must("io_uring_queue_init_params", io_uring_queue_init_params(64, &ring.ring, &p));
	if (ring.mode == RING_SQPOLL && !(p.features & IORING_FEAT_SQPOLL_NONFIXED)) {
		fprintf(stderr, "workload: SQPOLL with common descriptors needs Linux 5.11\n");
		exit(77);
	}
	ring.fixed.iov_base = aligned_alloc(4096, FIXED_SIZE);
	ring.fixed.iov_len = FIXED_SIZE;
	if (!ring.fixed.iov_base)
		die("aligned_alloc", -ENOMEM);
	memset(ring.fixed.iov_base, 'F', FIXED_SIZE);
	must("io_uring_register_buffers", io_uring_register_buffers(&ring.ring, &ring.fixed, 1));
	must("io_uring_register_files", io_uring_register_files(&ring.ring, files, 4));

	ring.probe = io_uring_get_probe_ring(&ring.ring);
	if (!ring.probe)
		die("io_uring_get_probe_ring", -ENOSYS);
	probe_direct_open(w);
}

void prep_writev_fixed(struct io_uring_sqe *sqe, int fd, const struct iovec *iov,
		       unsigned int count, uint64_t at)
{
	io_uring_prep_rw(OP_WRITEV_FIXED, sqe, fd, iov, count, at);
	sqe->buf_index = 0;
}
