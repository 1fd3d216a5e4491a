/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on names and on files as a whole, by io_uring. */
#define _GNU_SOURCE
#include "ring.h"
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>

/* A request about two names in the directory. */
static struct io_uring_sqe two_names(const char *from, const char *to)
{
	return (struct io_uring_sqe){
		.fd = files.directory,
		.addr = (uintptr_t)from,
		.len = (unsigned int)files.directory,
		.off = (uintptr_t)to,
	};
}

int do_ring_change(const char *directory, const struct how *how)
{
	struct io_uring_sqe request = { .fd = files.target };

	(void)directory;
	switch (how->argument) {
	case IORING_OP_FALLOCATE:
		request.addr = 4096; /* the length */
		break;
	case IORING_OP_FTRUNCATE:
		request.off = 4096;
		break;
	case IORING_OP_SYNC_FILE_RANGE:
		request.len = 4096;
		break;
	case IORING_OP_RENAMEAT:
		request = two_names(spare_file(), new_name());
		break;
	case IORING_OP_LINKAT:
		request = two_names(EXISTS, new_name());
		break;
	case IORING_OP_SYMLINKAT:
		request.fd = files.directory;
		request.addr = (uintptr_t)EXISTS;
		request.off = (uintptr_t)new_name();
		break;
	case IORING_OP_UNLINKAT:
		request.fd = files.directory;
		request.addr = (uintptr_t)spare_file();
		break;
	case IORING_OP_MKDIRAT:
		request.fd = files.directory;
		request.addr = (uintptr_t)new_name();
		request.len = 0700;
		break;
	}
	request.opcode = (unsigned char)how->argument;
	return perform_by_ring(how, &request);
}

int do_ring_splice(const char *directory, const struct how *how)
{
	struct io_uring_sqe request = {
		.opcode = IORING_OP_SPLICE,
		.fd = files.target,
		.off = 0,
		.splice_fd_in = files.pipe[0],
		.splice_off_in = (uint64_t)-1,
		.len = AMOUNT,
	};

	(void)directory;
	return written(perform_by_ring(how, &request));
}

/* Into the ring's own table: no descriptor comes of it. */
int do_ring_direct(const char *directory, const struct how *how)
{
	struct io_uring_sqe request = {
		.opcode = IORING_OP_OPENAT,
		.fd = files.directory,
		.addr = (uintptr_t)EXISTS,
		.file_index = 1,
	};
	struct io_uring_sqe close = { .opcode = IORING_OP_CLOSE, .file_index = 1 };
	int result;

	(void)directory;
	if (!ring_takes(how, IORING_OP_MKDIRAT)) /* which came with them, in 5.15 */
		return -EOPNOTSUPP;
	result = perform_by_ring(how, &request);
	return result ? result : perform_by_ring(how, &close);
}
