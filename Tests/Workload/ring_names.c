/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of names.c that io_uring can do too, as far as the kernel knows them. */
#define _GNU_SOURCE
#include "ring.h"

/* New names: since 5.15, and not in every 5.10 that has that io_uring. */
static void do_new_names(struct worker *w, unsigned int round)
{
	struct io_uring_sqe *sqe;
	char name[32];

	if (ring_does(w, IORING_OP_MKDIRAT, "MKDIRAT")) {
		snprintf(name, sizeof(name), "ring-d-%u", round);
		sqe = request();
		io_uring_prep_mkdirat(sqe, w->dirfd, name, 0755);
		saw_op(&w->truth, OP_MKDIR, "MKDIRAT", result_of(sqe));
	}
	if (ring_does(w, IORING_OP_SYMLINKAT, "SYMLINKAT")) {
		snprintf(name, sizeof(name), "ring-s-%u", round);
		sqe = request();
		io_uring_prep_symlinkat(sqe, "nowhere", w->dirfd, name);
		saw_op(&w->truth, OP_SYMLINK, "SYMLINKAT", result_of(sqe));
	}
}

static void do_link(struct worker *w, const char *name)
{
	struct io_uring_sqe *sqe;
	int d = w->dirfd;

	if (!ring_does(w, IORING_OP_LINKAT, "LINKAT")) {
		saw_op(&w->truth, OP_LINK, "linkat", raw(linkat(d, "exists", d, name, 0)));
		return;
	}
	sqe = request();
	io_uring_prep_linkat(sqe, d, "exists", d, name, 0);
	saw_op(&w->truth, OP_LINK, "LINKAT", result_of(sqe));
}

/* A file without a name gets one. */
static void do_unnamed(struct worker *w, unsigned int round)
{
	struct io_uring_sqe *sqe;
	char name[32];
	long fd;

	if (!w->can_tmpfile || geteuid() || !ring_does(w, IORING_OP_LINKAT, "LINKAT"))
		return;
	fd = saw_open(&w->truth, "O_TMPFILE",
		      raw(openat(w->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)), O_RDWR,
		      true, FINE);
	snprintf(name, sizeof(name), "ring-u-%u", round);
	sqe = request();
	io_uring_prep_linkat(sqe, (int)fd, "", w->dirfd, name, AT_EMPTY_PATH);
	saw_op(&w->truth, OP_LINK, "LINKAT with AT_EMPTY_PATH", result_of(sqe));
	close((int)fd);
}

static void do_ring_whole_files(struct worker *w)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_fallocate(sqe, w->data, 0, 0, 12288);
	saw_op(&w->truth, OP_ALLOCATE, "FALLOCATE", result_of(sqe));
	sqe = request();
	io_uring_prep_fallocate(sqe, w->data, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096);
	saw_op(&w->truth, OP_ALLOCATE, "FALLOCATE of a hole", result_of(sqe));
	sqe = request();
	io_uring_prep_fsync(sqe, w->data, IORING_FSYNC_DATASYNC);
	saw_op(&w->truth, OP_SYNC, "FSYNC of data", result_of(sqe));
	sqe = request();
	io_uring_prep_fsync(sqe, w->dirfd, 0);
	saw_op(&w->truth, OP_SYNC, "FSYNC of a folder", result_of(sqe));
	sqe = request();
	io_uring_prep_fsync(sqe, w->pipe[1], 0);
	must_fail("FSYNC of a pipe", result_of(sqe), -EINVAL);
	sqe = request();
	io_uring_prep_sync_file_range(sqe, w->data, 4096, 0, SYNC_FILE_RANGE_WRITE);
	saw_op(&w->truth, OP_SYNC, "SYNC_FILE_RANGE", result_of(sqe));
	if (ring_does(w, OP_FTRUNCATE, "FTRUNCATE")) {
		sqe = request();
		io_uring_prep_rw(OP_FTRUNCATE, sqe, w->data, NULL, 0, 7000);
		saw_op(&w->truth, OP_TRUNCATE, "FTRUNCATE", result_of(sqe));
		sqe = request();
		io_uring_prep_rw(OP_FTRUNCATE, sqe, w->reader, NULL, 0, 0);
		must_fail("FTRUNCATE, not open to write", result_of(sqe), -EINVAL);
	}
	if (w->device >= 0) {
		sqe = request();
		io_uring_prep_write(sqe, w->device, w->buffer, 512, 0);
		saw_op(&w->truth, OP_DEVICE_WRITE, "WRITE to a device", result_of(sqe));
	}
}

static void do_moves(struct worker *w, unsigned int round)
{
	struct io_uring_sqe *sqe;
	int d = w->dirfd;
	char a[32], b[32];

	if (!ring_does(w, IORING_OP_RENAMEAT, "RENAMEAT") ||
	    !ring_does(w, IORING_OP_UNLINKAT, "UNLINKAT"))
		return;
	snprintf(a, sizeof(a), "ring-l-%u", round);
	snprintf(b, sizeof(b), "ring-m-%u", round);
	do_link(w, a);
	sqe = request();
	io_uring_prep_renameat(sqe, d, a, d, b, 0);
	saw_op(&w->truth, OP_RENAME, "RENAMEAT", result_of(sqe));

	sqe = request();
	io_uring_prep_unlinkat(sqe, d, b, 0);
	saw_op(&w->truth, OP_DELETE, "UNLINKAT", result_of(sqe));
	snprintf(a, sizeof(a), "ring-d-%u", round);
	if (ring_does(w, IORING_OP_MKDIRAT, "MKDIRAT")) {
		sqe = request();
		io_uring_prep_unlinkat(sqe, d, a, AT_REMOVEDIR);
		saw_op(&w->truth, OP_DELETE, "UNLINKAT of a folder", result_of(sqe));
	}

	/* The name is gone: the request completes, but nothing was done. */
	sqe = request();
	io_uring_prep_unlinkat(sqe, d, b, 0);
	if (result_of(sqe) != -ENOENT)
		die("UNLINKAT again", 0);
}

void do_ring_names(struct worker *w, unsigned int round)
{
	do_new_names(w, round);
	do_moves(w, round);
	do_unnamed(w, round);
	do_ring_whole_files(w);
}
