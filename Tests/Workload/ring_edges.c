/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are easily miscounted: they end early, have no descriptor, or come in chains. */
#define _GNU_SOURCE
#include "ring.h"

#include <linux/openat2.h>

/* Refused while it is prepared, before most tracers have seen it. */
static void bad_address(struct worker *w)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_openat(sqe, w->dirfd, (const char *)8, O_RDONLY, 0);
	saw_ring_open(&w->truth, "OPENAT, bad address", result_of(sqe), O_RDONLY, false, -EFAULT);
}

/* A new file whose only handle is a slot of the ring: the result is 0, and that is no descriptor. */
static void direct_create(struct worker *w, unsigned int round)
{
	struct io_uring_sqe *sqe;
	char name[64];

	if (!ring.direct_open)
		return;
	snprintf(name, sizeof(name), "direct-%u", round);
	sqe = request();
	io_uring_prep_openat_direct(sqe, w->dirfd, name, O_RDWR | O_CREAT, 0644, 2);
	saw_ring_open(&w->truth, "direct create", result_of(sqe), O_RDWR, true, FINE);

	sqe = request();
	io_uring_prep_write(sqe, 2, w->buffer, 33, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	saw_ring_write(&w->truth, "WRITE to a direct file", result_of(sqe), FINE);
}

/* Into whichever slot is free: the result is its number, and that is no descriptor either. */
static void direct_anywhere(struct worker *w)
{
	struct open_how how = { .flags = O_WRONLY };
	struct io_uring_sqe *sqe;
	long slot;

	if (!ring.direct_any)
		return;
	sqe = request();
	io_uring_prep_openat2_direct(sqe, w->dirfd, "exists", &how, IORING_FILE_INDEX_ALLOC - 1);
	sqe->file_index = IORING_FILE_INDEX_ALLOC;
	slot = result_of(sqe);
	saw_ring_open(&w->truth, "direct open anywhere", slot, O_WRONLY, false, FINE);
	sqe = request();
	io_uring_prep_close_direct(sqe, (unsigned int)slot);
	if (result_of(sqe))
		die("CLOSE of a slot", slot);
}

/*
 * One that waits until all before it are done: never on a ring with multishot requests, after which the kernel may wait
 * for ever, or with skipped completions, after which it refuses.
 */
static void drained(struct worker *w)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_write(sqe, w->data, w->buffer, 44, 0);
	finish_request(sqe);
	sqe = request();
	io_uring_prep_write(sqe, w->data, w->buffer, 55, 44);
	finish_request(sqe);
	sqe->flags |= IOSQE_IO_DRAIN;
	submit();
	for (int i = 0; i < 2; i++)
		saw_ring_write(&w->truth, "WRITE before or after a drain", completion(), FINE);
}

/* Two writes, the second one only after the first. */
static void chain(struct worker *w)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_write(sqe, w->data, w->buffer, 11, 0);
	finish_request(sqe);
	sqe->flags |= IOSQE_IO_LINK;
	sqe = request();
	io_uring_prep_write(sqe, w->data, w->buffer, 22, 11);
	finish_request(sqe);
	submit();
	for (int i = 0; i < 2; i++)
		saw_ring_write(&w->truth, "WRITE in a chain", completion(), FINE);
}

void do_ring_edges(struct worker *w, unsigned int round)
{
	bad_address(w);
	direct_create(w, round);
	direct_anywhere(w);
	if (!w->opt->others && !w->opt->ends)
		drained(w);
	chain(w);
}
