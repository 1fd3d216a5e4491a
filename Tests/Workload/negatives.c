/* SPDX-License-Identifier: Apache-2.0 */
/* Writes that are no file activity, and those that belong to pseudo file systems. */
#define _GNU_SOURCE
#include "workload.h"

#include <sys/uio.h>

static void drain(struct worker *w, int fd)
{
	while (read(fd, w->buffer, 4096) > 0)
		continue;
}

/* The result does not matter (a full buffer is fine): it must not be counted either way. */
static void not_a_file(struct worker *w, int fd, int other)
{
	struct iovec one = { w->buffer, 7 };

	if (fd < 0)
		return;
	syscall(SYS_write, fd, w->buffer, 10);
	syscall(SYS_writev, fd, &one, 1);
	if (other >= 0)
		drain(w, other);
}

void do_negatives(struct worker *w)
{
	static const char comm[] = "workload";
	struct truth *t = &w->truth;
	uint64_t one = 1, read_back;
	loff_t from = 0;

	not_a_file(w, w->pipe[1], w->pipe[0]);
	not_a_file(w, w->sockets[0], w->sockets[1]);
	not_a_file(w, w->pty[0], w->pty[1]);
	not_a_file(w, w->pty[1], w->pty[0]);
	not_a_file(w, w->null, -1);
	not_a_file(w, w->fifo, w->fifo);
	not_a_file(w, w->dirfd, -1);
	/* No such descriptor: no file, so nothing that could be counted. */
	not_a_file(w, 1 << 20, -1);
	syscall(SYS_write, -1, w->buffer, 10);
	syscall(SYS_sendfile, w->sockets[0], w->source, &from, 100);
	drain(w, w->sockets[1]);

	/* An eventfd has an inode that is no file of any type. */
	syscall(SYS_write, w->event, &one, sizeof(one));
	if (read(w->event, &read_back, sizeof(read_back)) != sizeof(read_back))
		die("eventfd", -errno);
	saw_pseudo_write(
		t, "memfd",
		raw(syscall(SYS_pwrite64, w->memory, w->buffer, random_size(w, 4096), 0L)));
	saw_pseudo_write(t, "/proc/self/comm",
			 raw(syscall(SYS_write, w->comm, comm, sizeof(comm) - 1)));
}
