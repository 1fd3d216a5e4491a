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

struct io_uring_cqe next_completion(void)
{
	struct io_uring_cqe *cqe, seen;
	int result;

	do {
		result = io_uring_wait_cqe(&ring.ring, &cqe);
	} while (result == -EINTR);
	must("io_uring_wait_cqe", result);
	seen = *cqe;
	io_uring_cqe_seen(&ring.ring, cqe);
	return seen;
}

/* Asks for a request to be cancelled; the answer, that it cannot be found or not be stopped now, is a completion, too. */
void ask_to_stop(uint64_t user_data, uint64_t own)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_cancel64(sqe, user_data, 0);
	sqe->user_data = own;
	submit();
}

/* If not, what it is about to do may wait for us to look (DEFER_TASKRUN), and is done now. */
bool was_stopped(int answer)
{
	if (answer < 0)
		io_uring_get_events(&ring.ring);
	return answer >= 0;
}

long completion(void)
{
	return next_completion().res;
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

/* Before 5.19 the kernel does not choose a slot by itself. */
static void probe_direct_any(struct worker *w)
{
	struct io_uring_sqe *sqe;
	long result = -1;

	if (ring.direct_open) {
		sqe = request();
		io_uring_prep_openat_direct(sqe, w->dirfd, "exists", O_RDONLY, 0, 1);
		sqe->file_index = IORING_FILE_INDEX_ALLOC;
		result = result_of(sqe);
	}
	ring.direct_any = result > 0;
	if (!ring.direct_any) {
		skip(&w->truth, "direct open anywhere");
		return;
	}
	sqe = request();
	io_uring_prep_close_direct(sqe, (unsigned int)result);
	result_of(sqe);
}

/* One after the other; the result of the first that is not written in full. */
static int try_polled(void)
{
	for (int i = 0; i < 2 * POLLED; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring.polled);
		struct io_uring_cqe *cqe;
		int written;

		io_uring_prep_write(sqe, ring.direct_file, ring.fixed.iov_base, 4096,
				    (uint64_t)(i % POLLED * 4096));
		must("io_uring_submit", io_uring_submit(&ring.polled));
		must("io_uring_wait_cqe", io_uring_wait_cqe(&ring.polled, &cqe));
		written = cqe->res;
		io_uring_cqe_seen(&ring.polled, cqe);
		if (written != 4096)
			return written;
	}
	return 4096;
}

/*
 * Polled completions need O_DIRECT, and a file system and a device that can be asked whether they are done. Linux 7.3
 * finishes the first write to a device that cannot, and not those after it; so all is tried twice.
 */
static void prepare_polled(struct worker *w)
{
	struct io_uring_params p = { .flags = IORING_SETUP_IOPOLL };

	ring.direct_file =
		openat(w->dirfd, "polled", O_WRONLY | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
	ring.polls = ring.direct_file >= 0 &&
		     !io_uring_queue_init_params(POLLED, &ring.polled, &p) && try_polled() == 4096;
	if (!ring.polls)
		skip(&w->truth, "IOPOLL");
}

void prepare_ring(struct worker *w)
{
	struct io_uring_params p = { 0 };
	int files[] = { w->data, -1, -1, -1 };

	ring.mode = w->opt->ring;
	if (ring.mode == RING_SQPOLL) {
		p.flags = IORING_SETUP_SQPOLL;
		/* Many such threads at once would leave no time to anybody else. */
		p.sq_thread_idle = w->opt->stress ? 2 : 1000;
	}
	if (ring.mode == RING_DEFER) /* completions come only when the program asks for them */
		p.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	must("io_uring_queue_init_params", io_uring_queue_init_params(64, &ring.ring, &p));
	ring.features = p.features;
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
	probe_direct_any(w);
	if (w->opt->others && ring.mode == RING_PLAIN)
		prepare_polled(w);
}

void prep_writev_fixed(struct io_uring_sqe *sqe, int fd, const struct iovec *iov,
		       unsigned int count, uint64_t at)
{
	io_uring_prep_rw(OP_WRITEV_FIXED, sqe, fd, iov, count, at);
	sqe->buf_index = 0;
}
