/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that end without a result, or before they began. What nobody can see a tracer has to declare, once for each:
 * the truth says how many that are (`unseen`, `cancelled`, `doubtful` in workload.h).
 */
#define _GNU_SOURCE
#include "ring.h"

#include <poll.h>
#include <string.h>

#define OVERFLOWING 8

static uint64_t put(struct io_uring_sqe *sqe, unsigned int flags)
{
	finish_request(sqe);
	sqe->flags |= flags;
	return sqe->user_data;
}

static void put_write(struct worker *w, int fd, unsigned int flags)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_write(sqe, fd, w->buffer, 10, 0);
	put(sqe, flags);
}

static void put_open(struct worker *w, unsigned int flags)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_openat(sqe, w->dirfd, "exists", O_RDONLY, 0);
	put(sqe, flags);
}

/* A write that never began: there may be no file yet that it could be a failure of. */
static void saw_cancelled(struct worker *w, const char *what, long result)
{
	if (result != -ECANCELED)
		die(what, result);
	w->truth.cancelled++;
}

static void saw_cancelled_open(struct worker *w, long result)
{
	saw_ring_open(&w->truth, "OPENAT of a broken chain", result, O_RDONLY, false, -ECANCELED);
}

/* Completions of a chain come in its order. */
static void broken_chain(struct worker *w)
{
	put_write(w, w->reader, IOSQE_IO_LINK);
	put_write(w, w->data, IOSQE_IO_LINK);
	put_open(w, 0);
	submit();
	saw_ring_write(&w->truth, "WRITE that breaks a chain", completion(), -EBADF);
	saw_cancelled(w, "WRITE of a broken chain", completion());
	saw_cancelled_open(w, completion());
}

static void chain_refused_at_once(struct worker *w)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_openat(sqe, w->dirfd, (const char *)8, O_RDONLY, 0);
	put(sqe, IOSQE_IO_LINK);
	put_write(w, w->data, 0);
	submit();
	saw_ring_open(&w->truth, "OPENAT, bad address", completion(), O_RDONLY, false, -EFAULT);
	saw_cancelled(w, "WRITE behind a refused request", completion());
}

/* Nothing is ever in the pipe, so the poll waits until it is cancelled, and all behind it. */
static void cancelled_chain(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	bool asked = false, stopped = false;
	int over = 0;
	uint64_t poll;

	io_uring_prep_poll_add(sqe, w->pipe[0], POLLIN);
	poll = put(sqe, IOSQE_IO_LINK);
	put_write(w, w->data, IOSQE_IO_LINK);
	put_open(w, 0);
	submit();
	while (over < 3 || asked) {
		struct io_uring_cqe cqe;

		/* While a worker is about to wait for it, a request cannot be cancelled: then it has to be asked again. */
		if (!over && !asked && !stopped) {
			ask_to_stop(poll, STOP);
			asked = true;
		}
		cqe = next_completion();
		over += cqe.user_data != STOP;
		if (cqe.user_data == STOP) {
			asked = false;
			stopped = was_stopped(cqe.res);
		}
		if (cqe.user_data == poll + 1)
			saw_cancelled(w, "WRITE behind a poll", cqe.res);
		else if (cqe.user_data == poll + 2)
			saw_cancelled_open(w, cqe.res);
		else if (cqe.user_data != STOP && cqe.user_data != poll)
			die("a completion of nobody", cqe.res);
	}
}

/* Success is not told. The second one waits for the first, so that it is known to be over. */
static void silent(struct worker *w)
{
	struct io_uring_sqe *sqe;

	if (!(ring.features & IORING_FEAT_CQE_SKIP)) {
		skip(&w->truth, "CQE_SKIP_SUCCESS");
		return;
	}
	put_write(w, w->data, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
	sqe = request();
	io_uring_prep_nop(sqe);
	put(sqe, 0);
	submit();
	if (completion())
		die("NOP", -EINVAL);
	w->truth.unseen++;
}

/* A failure is told, but by then nobody remembers it; and of those behind it nothing is told at all. */
static void silent_failure(struct worker *w)
{
	if (!(ring.features & IORING_FEAT_CQE_SKIP))
		return;
	put_write(w, w->reader, IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
	put_write(w, w->data, 0);
	submit();
	if (completion() != -EBADF)
		die("silent WRITE, not open to write", 0);
	w->truth.unseen++;
	w->truth.cancelled++;
}

/* More completions than there is room for: the kernel keeps the rest, and says so in another way. */
static void overflowing(struct worker *w)
{
	struct io_uring small;
	struct io_uring_params p = { .flags = IORING_SETUP_CQSIZE, .cq_entries = OVERFLOWING };
	struct io_uring_cqe *cqe;
	int result = io_uring_queue_init_params(OVERFLOWING, &small, &p);

	if (result)
		die("io_uring_queue_init_params", result);
	for (int i = 0; i < 2 * OVERFLOWING; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&small);

		io_uring_prep_write(sqe, w->data, w->buffer, 1, (uint64_t)i);
		if (i % OVERFLOWING == OVERFLOWING - 1 && io_uring_submit(&small) != OVERFLOWING)
			die("io_uring_submit", -errno);
	}
	for (int i = 0; i < 2 * OVERFLOWING; i++) {
		if (io_uring_wait_cqe(&small, &cqe))
			die("io_uring_wait_cqe", -errno);
		saw_ring_write(&w->truth, "WRITE into a full ring", cqe->res, FINE);
		w->truth.doubtful++;
		io_uring_cqe_seen(&small, cqe);
	}
	io_uring_queue_exit(&small);
}

void do_ring_ends(struct worker *w)
{
	broken_chain(w);
	chain_refused_at_once(w);
	cancelled_chain(w);
	silent(w);
	silent_failure(w);
	if (ring.mode == RING_PLAIN)
		overflowing(w);
}
