/* SPDX-License-Identifier: Apache-2.0 */
/* What else goes through a ring: it counts for nothing, or apart, and must not disturb what counts. */
#define _GNU_SOURCE
#include "ring.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SHOTS (1ULL << 60)
#define GROUP 7

static char received[4][64];
static int listener = -1;

static struct io_uring_cqe completion_of(uint64_t user_data)
{
	struct io_uring_cqe cqe;

	do {
		cqe = next_completion();
	} while (cqe.user_data != user_data);
	return cqe;
}

/* One that counts, in the middle of those that do not. */
static void write_between(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	uint64_t user_data;

	io_uring_prep_write(sqe, w->data, w->buffer, 66, 0);
	finish_request(sqe);
	user_data = sqe->user_data;
	submit();
	saw_ring_write(&w->truth, "WRITE between shots", completion_of(user_data).res, FINE);
}

/* One request that completes each time something is there, until it is cancelled. */
static void shoot(struct worker *w, const char *what, struct io_uring_sqe *sqe,
		  int (*fire)(struct worker *))
{
	bool asked = false, stopped = false, over = false;
	struct io_uring_cqe cqe;

	sqe->user_data = SHOTS;
	submit();
	for (int i = 0; i < 2; i++) {
		int fd = fire(w);

		cqe = completion_of(SHOTS);
		if (fd >= 0)
			close(fd);
		if (!(cqe.flags & IORING_CQE_F_MORE)) {
			skip(&w->truth, what); /* older kernels refuse it */
			return;
		}
		if (fd >= 0)
			close(cqe.res);
		write_between(w);
	}
	/* While it is at work it cannot be cancelled: then it has to be asked again. */
	while (!over || asked) {
		if (!over && !asked && !stopped) {
			ask_to_stop(SHOTS, STOP);
			asked = true;
		}
		cqe = next_completion();
		if (cqe.user_data == STOP) {
			asked = false;
			stopped = was_stopped(cqe.res);
		}
		over |= cqe.user_data == SHOTS && !(cqe.flags & IORING_CQE_F_MORE);
	}
}

static void empty(int fd, struct worker *w)
{
	while (read(fd, w->buffer, 4096) > 0)
		continue;
}

/* What is there stays there: were it read, a poll that looks late would find nothing. */
static int into_pipe(struct worker *w)
{
	if (write(w->pipe[1], "x", 1) != 1)
		die("write to a pipe", -errno);
	return -1;
}

static int into_socket(struct worker *w)
{
	if (write(w->sockets[1], "x", 1) != 1)
		die("write to a socket", -errno);
	return -1;
}

/* The shot's result is the other end. */
static int connect_to_listener(struct worker *w)
{
	struct sockaddr_un name;
	socklen_t size = sizeof(name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)w;
	if (getsockname(listener, (struct sockaddr *)&name, &size) ||
	    connect(fd, (struct sockaddr *)&name, size))
		die("connect", -errno);
	return fd;
}

static void provide_buffers(struct io_uring_sqe *sqe)
{
	io_uring_prep_provide_buffers(sqe, received, sizeof(received[0]), 4, GROUP, 0);
	if (result_of(sqe) < 0)
		die("PROVIDE_BUFFERS", -EINVAL);
}

static void do_shots(struct worker *w)
{
	static const struct sockaddr_un unnamed = { .sun_family = AF_UNIX };
	struct io_uring_sqe *sqe = request();

	io_uring_prep_poll_multishot(sqe, w->pipe[0], POLLIN);
	shoot(w, "multishot POLL_ADD", sqe, into_pipe);
	empty(w->pipe[0], w);

	/* A name the kernel chooses, outside any file system. */
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(listener, (const struct sockaddr *)&unnamed, sizeof(sa_family_t)) ||
	    listen(listener, 8))
		die("listen", -errno);
	sqe = request();
	io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, 0);
	shoot(w, "multishot ACCEPT", sqe, connect_to_listener);
	close(listener);

	provide_buffers(request());
	sqe = request();
	io_uring_prep_recv_multishot(sqe, w->sockets[0], NULL, 0, 0);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	shoot(w, "multishot RECV", sqe, into_socket);
	empty(w->sockets[0], w);

	if (!ring_does(w, OP_READ_MULTISHOT, "multishot READ"))
		return;
	provide_buffers(request());
	sqe = request();
	io_uring_prep_rw(OP_READ_MULTISHOT, sqe, w->pipe[0], NULL, 0, -1);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	shoot(w, "multishot READ", sqe, into_pipe);
	empty(w->pipe[0], w);
}

static void do_apart(struct worker *w)
{
	struct io_uring_sqe *sqe = request();
	long result;

	io_uring_prep_read(sqe, w->data, w->buffer, 100, 0);
	result = result_of(sqe);
	if (result < 0)
		die("READ", result);
	sqe = request();
	io_uring_prep_splice(sqe, w->source, 0, w->pipe[1], -1, 100, 0);
	result = result_of(sqe);
	if (result < 0)
		die("SPLICE into a pipe", result);
	empty(w->pipe[0], w);
	sqe = request();
	io_uring_prep_write(sqe, w->memory, w->buffer, 77, 0);
	saw_pseudo_write(&w->truth, "WRITE to a memfd", result_of(sqe));
	sqe = request();
	io_uring_prep_openat(sqe, AT_FDCWD, "/proc/self/stat", O_RDONLY, 0);
	result = result_of(sqe);
	saw_pseudo_open(&w->truth, "OPENAT of /proc/self/stat", result);
	close((int)result);
}

/* The program finds the completions itself: nobody tells it. */
static void do_polled(struct worker *w)
{
	struct io_uring_cqe *cqe;

	for (int i = 0; i < POLLED; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring.polled);

		io_uring_prep_write(sqe, ring.direct_file, ring.fixed.iov_base, 4096, i * 4096);
	}
	if (io_uring_submit(&ring.polled) != POLLED)
		die("io_uring_submit", -errno);
	for (int i = 0; i < POLLED; i++) {
		if (io_uring_wait_cqe(&ring.polled, &cqe))
			die("io_uring_wait_cqe", -errno);
		saw_ring_write(&w->truth, "polled WRITE", cqe->res, FINE);
		io_uring_cqe_seen(&ring.polled, cqe);
	}
}

void do_ring_others(struct worker *w)
{
	do_shots(w);
	do_apart(w);
	if (ring.polls)
		do_polled(w);
}
