/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and writes by io_uring, on three ways to a result. */
#define _GNU_SOURCE
#include "ring.h"
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <linux/openat2.h>

/* One for requests that the submitter carries out or hands over, one with a thread that looks for them itself. */
static struct ring submitted, polled;
/* The registered buffer; the kernel keeps hold of its page. */
static char fixed[AMOUNT] __attribute__((aligned(4096)));

int prepare_rings(void)
{
	memset(fixed, 'f', AMOUNT);
	ring_make(&submitted, 0, fixed, AMOUNT);
	ring_make(&polled, IORING_SETUP_SQPOLL, fixed, AMOUNT);
	return 0; /* a ring that is not there fails each operation on it, with its reason */
}

static struct ring *ring_of(const struct how *how)
{
	return how->via == SELFTEST_SQPOLL ? &polled : &submitted;
}

bool ring_takes(const struct how *how, unsigned int opcode)
{
	return !ring_of(how)->error && ring_of(how)->takes[opcode];
}

int perform_by_ring(const struct how *how, struct io_uring_sqe *request)
{
	struct ring *ring = ring_of(how);

	if (ring->error)
		return ring->error;
	if (!ring->takes[request->opcode])
		return -EOPNOTSUPP;
	if (how->via == SELFTEST_WORKER)
		request->flags |= IOSQE_ASYNC;
	return ring_perform(ring, request);
}

static int open_by_ring(const struct how *how, const char *name, int mode)
{
	struct io_uring_sqe request = {
		.opcode = IORING_OP_OPENAT,
		.fd = files.directory,
		.addr = (uintptr_t)name,
		.len = (unsigned int)mode,
		.open_flags = (unsigned int)how->argument | O_CLOEXEC,
	};

	return perform_by_ring(how, &request);
}

int do_ring_openat(const char *directory, const struct how *how)
{
	(void)directory;
	return opened(open_by_ring(how, EXISTS, 0));
}

int do_ring_missing(const char *directory, const struct how *how)
{
	int result = open_by_ring(how, MISSING, 0);

	(void)directory;
	return result == -ENOENT ? 0 : opened(result) ? result : -EPROTO;
}

int do_ring_new(const char *directory, const struct how *how)
{
	(void)directory;
	return opened(open_by_ring(how, new_name(), 0600));
}

int do_ring_openat2(const char *directory, const struct how *how)
{
	struct open_how open_how = { .flags = (unsigned int)how->argument | O_CLOEXEC };
	struct io_uring_sqe request = {
		.opcode = IORING_OP_OPENAT2,
		.fd = files.directory,
		.addr = (uintptr_t)EXISTS,
		.len = sizeof(open_how),
		.off = (uintptr_t)&open_how,
	};

	(void)directory;
	return opened(perform_by_ring(how, &request));
}

int do_ring_write(const char *directory, const struct how *how)
{
	struct iovec fixed_parts[2] = {
		{ fixed, AMOUNT / 2 },
		{ fixed + AMOUNT / 2, AMOUNT - AMOUNT / 2 },
	};
	struct io_uring_sqe request = {
		.opcode = (unsigned char)how->argument,
		.fd = files.target,
		.addr = (uintptr_t)files.buffer,
		.len = AMOUNT,
	};

	(void)directory;
	switch (how->argument) {
	case IORING_OP_WRITEV:
		request.addr = (uintptr_t)files.parts;
		request.len = 2;
		break;
	case IORING_OP_WRITE_FIXED:
		request.addr = (uintptr_t)fixed;
		break;
	case IORING_OP_WRITEV_FIXED:
		request.addr = (uintptr_t)fixed_parts;
		request.len = 2;
		break;
	}
	return written(perform_by_ring(how, &request));
}
