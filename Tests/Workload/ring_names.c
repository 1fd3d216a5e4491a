/* SPDX-License-Identifier: MIT */
/* The operations of names.c that io_uring can do too. */
#define _GNU_SOURCE
#include "ring.h"

void do_ring_names(struct worker *w, unsigned int round)
{
	struct truth *t = &w->truth;
	int d = w->dirfd;
	char a[32], b[32];
	struct io_uring_sqe *sqe;

	snprintf(a, sizeof(a), "ring-d-%u", round);
	sqe = request();
	io_uring_prep_mkdirat(sqe, d, a, 0755);
	saw_op(t, OP_MKDIR, "MKDIRAT", result_of(sqe));

	snprintf(a, sizeof(a), "ring-s-%u", round);
	sqe = request();
	io_uring_prep_symlinkat(sqe, "nowhere", d, a);
	saw_op(t, OP_SYMLINK, "SYMLINKAT", result_of(sqe));

	snprintf(a, sizeof(a), "ring-l-%u", round);
	sqe = request();
	io_uring_prep_linkat(sqe, d, "exists", d, a, 0);
	saw_op(t, OP_LINK, "LINKAT", result_of(sqe));

	snprintf(b, sizeof(b), "ring-m-%u", round);
	sqe = request();
	io_uring_prep_renameat(sqe, d, a, d, b, 0);
	saw_op(t, OP_RENAME, "RENAMEAT", result_of(sqe));

	sqe = request();
	io_uring_prep_unlinkat(sqe, d, b, 0);
	saw_op(t, OP_DELETE, "UNLINKAT", result_of(sqe));

	/* The name is gone: the request completes, but nothing was done. */
	sqe = request();
	io_uring_prep_unlinkat(sqe, d, b, 0);
	if (result_of(sqe) != -ENOENT)
		die("UNLINKAT again", 0);

	sqe = request();
	io_uring_prep_fallocate(sqe, w->data, 0, 0, 12288);
	saw_op(t, OP_ALLOCATE, "FALLOCATE", result_of(sqe));

	sqe = request();
	io_uring_prep_fsync(sqe, w->data, IORING_FSYNC_DATASYNC);
	saw_op(t, OP_SYNC, "FSYNC", result_of(sqe));
}
