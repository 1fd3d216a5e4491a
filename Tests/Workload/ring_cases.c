/* SPDX-License-Identifier: Apache-2.0 */
/* Opens and writes by io_uring; their truth is the result in the completion. */
#define _GNU_SOURCE
#include "ring.h"

#include <linux/openat2.h>

#define BATCH 16

static void one_open(struct worker *w, const char *name, int flags, bool created, long expected)
{
	struct io_uring_sqe *sqe = request();
	long fd;

	io_uring_prep_openat(sqe, w->dirfd, name, flags, 0644);
	fd = result_of(sqe);
	saw_ring_open(&w->truth, name, fd, flags, created, expected);
	if (fd >= 0)
		close((int)fd);
}

static void one_open2(struct worker *w, const char *name, int flags, uint64_t resolve, bool created,
		      long expected)
{
	struct open_how how = { .flags = (unsigned int)flags,
				.mode = created ? 0644 : 0,
				.resolve = resolve };
	struct io_uring_sqe *sqe = request();
	long fd;

	io_uring_prep_openat2(sqe, w->dirfd, name, &how);
	fd = result_of(sqe);
	saw_ring_open(&w->truth, name, fd, flags, created, expected);
	if (fd >= 0)
		close((int)fd);
}

/* Into a slot of the ring's own table: an open whose result is no descriptor. */
static void direct_open(struct worker *w)
{
	struct io_uring_sqe *sqe;

	if (!ring.direct_open)
		return;
	sqe = request();
	io_uring_prep_openat_direct(sqe, w->dirfd, "exists", O_RDONLY, 0, 1);
	saw_ring_open(&w->truth, "direct open", result_of(sqe), O_RDONLY, false, FINE);
}

static void do_ring_opens(struct worker *w, unsigned int round)
{
	char name[64];

	one_open(w, "exists", O_RDONLY, false, FINE);
	one_open(w, "exists", O_RDWR, false, FINE);
	one_open(w, "exists", O_WRONLY | O_CREAT, false, FINE);
	one_open(w, "exists", O_WRONLY | O_TRUNC, false, FINE);
	one_open(w, ".", O_RDONLY | O_DIRECTORY, false, FINE);
	one_open(w, "exists", O_PATH, false, FINE);
	snprintf(name, sizeof(name), "ring-%u", round);
	one_open(w, name, O_WRONLY | O_CREAT, true, FINE);
	snprintf(name, sizeof(name), "ringx-%u", round);
	one_open(w, name, O_RDWR | O_CREAT | O_EXCL, true, FINE);
	one_open(w, "missing", O_RDONLY, false, -ENOENT);
	one_open(w, "exists", O_RDWR | O_CREAT | O_EXCL, false, -EEXIST);
	one_open(w, ".", O_WRONLY, false, -EISDIR);
	one_open(w, "link", O_RDONLY | O_NOFOLLOW, false, -ELOOP);
	if (w->can_tmpfile)
		one_open(w, ".", O_TMPFILE | O_RDWR, true, FINE);

	one_open2(w, "exists", O_RDONLY, RESOLVE_BENEATH, false, FINE);
	one_open2(w, "exists", O_PATH, 0, false, FINE);
	snprintf(name, sizeof(name), "ring2-%u", round);
	one_open2(w, name, O_RDWR | O_CREAT, 0, true, FINE);
	one_open2(w, "missing", O_RDONLY, 0, false, -ENOENT);
	one_open2(w, "../t0/exists", O_RDONLY, RESOLVE_BENEATH, false, -EXDEV);
	if (w->can_tmpfile)
		one_open2(w, ".", O_TMPFILE | O_WRONLY, 0, true, FINE);
	direct_open(w);
}

static void one_write(struct worker *w, int fd, size_t size, uint64_t at, long expected)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_write(sqe, fd, w->buffer, (unsigned int)size, at);
	saw_ring_write(&w->truth, "WRITE", result_of(sqe), expected);
}

/* Many at once, so that completions come in an order that is not the submissions'. */
static void write_batch(struct worker *w)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		struct io_uring_sqe *sqe = request();

		io_uring_prep_write(sqe, i % 2 ? w->append : w->data, w->buffer,
				    (unsigned int)random_size(w, 64), i % 2 ? -1ULL : i * 4096);
		finish_request(sqe);
		sqe->user_data = 0; /* which some programs never set */
	}
	submit();
	for (unsigned int i = 0; i < BATCH; i++)
		saw_ring_write(&w->truth, "WRITE in a batch", completion(), FINE);
}

static void write_fixed(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	char *base = ring.fixed.iov_base;

	io_uring_prep_write_fixed(sqe, w->data, base, (unsigned int)random_size(w, 4096), 4096, 0);
	saw_ring_write(&w->truth, "WRITE_FIXED", result_of(sqe), FINE);

	if (ring_does(w, OP_WRITEV_FIXED, "WRITEV_FIXED")) {
		struct iovec iov[2] = {
			{ base, random_size(w, 4096) },
			{ base + 8192, random_size(w, 4096) },
		};

		sqe = request();
		prep_writev_fixed(sqe, w->data, iov, 2, 9000);
		saw_ring_write(&w->truth, "WRITEV_FIXED", result_of(sqe), FINE);
	}

	/* A registered file: number 0 of the ring's table is the data file. */
	sqe = request();
	io_uring_prep_write(sqe, 0, w->buffer, (unsigned int)random_size(w, 4096), 100);
	sqe->flags |= IOSQE_FIXED_FILE;
	saw_ring_write(&w->truth, "WRITE to a registered file", result_of(sqe), FINE);
}

static void splice_to_file(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	unsigned int n = (unsigned int)random_size(w, 4096);

	if (write(w->pipe[1], w->buffer, n) != (ssize_t)n)
		die("filling the pipe", -errno);
	io_uring_prep_splice(sqe, w->pipe[0], -1, w->data, 2000, n, 0);
	saw_ring_write(&w->truth, "SPLICE", result_of(sqe), FINE);
}

/* A write by the ring that is none to a file. */
static void write_to_pipe(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	long n;

	io_uring_prep_write(sqe, w->pipe[1], w->buffer, 50, 0);
	n = result_of(sqe);
	if (n != 50)
		die("WRITE to a pipe", n);
	while (read(w->pipe[0], w->buffer, 100) > 0)
		continue;
}

static void do_ring_writes(struct worker *w)
{
	struct iovec iov[3] = {
		{ w->buffer, random_size(w, 4096) },
		{ w->buffer, random_size(w, 512) },
		{ w->buffer, 1 },
	};
	struct io_uring_sqe *sqe;

	one_write(w, w->data, random_size(w, 4096), 0, FINE);
	one_write(w, w->data, random_size(w, 4096), -1ULL, FINE);
	one_write(w, w->data, 0, 0, FINE);
	one_write(w, w->append, random_size(w, 64), -1ULL, FINE);
	sqe = request();
	io_uring_prep_writev(sqe, w->data, iov, 3, 8192);
	saw_ring_write(&w->truth, "WRITEV", result_of(sqe), FINE);
	write_fixed(w);
	splice_to_file(w);
	write_batch(w);
	write_to_pipe(w);
	one_write(w, w->reader, 10, 0, -EBADF);
	one_write(w, w->data, 100, FILE_LIMIT - 10, FINE);
	one_write(w, w->data, 100, FILE_LIMIT, -EFBIG);
}

void do_ring(struct worker *w, unsigned int round)
{
	if (lseek(w->data, 0, SEEK_SET))
		die("lseek", -errno);
	do_ring_opens(w, round);
	do_ring_writes(w);
}
