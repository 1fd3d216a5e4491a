/* SPDX-License-Identifier: Apache-2.0 */
/* Every syscall that writes to a regular file, short and empty writes, and the ways in which it fails. */
#define _GNU_SOURCE
#include "workload.h"

#include <sys/uio.h>

static long pwritev_raw(long number, int fd, const struct iovec *iov, int count, off_t at,
			int flags)
{
	/* The offset comes as two longs; on 64 bits the upper one is not looked at. */
	return raw(syscall(number, fd, iov, count, (long)at, 0L, flags));
}

static void do_plain(struct worker *w)
{
	struct truth *t = &w->truth;
	size_t n = random_size(w, 4096);
	struct iovec iov[3] = {
		{ w->buffer, n },
		{ w->buffer, random_size(w, 512) },
		{ w->buffer, random_size(w, 512) },
	};

	saw_write(t, "write", raw(syscall(SYS_write, w->data, w->buffer, n)), FINE);
	saw_write(t, "append", raw(syscall(SYS_write, w->append, w->buffer, random_size(w, 64))),
		  FINE);
	saw_write(t, "pwrite64",
		  raw(syscall(SYS_pwrite64, w->data, w->buffer, random_size(w, 4096), 4096L)),
		  FINE);
	saw_write(t, "writev", raw(syscall(SYS_writev, w->data, iov, 3)), FINE);
	saw_write(t, "pwritev", pwritev_raw(SYS_pwritev, w->data, iov, 2, 100, 0), FINE);
	saw_write(t, "pwritev2", pwritev_raw(SYS_pwritev2, w->data, iov, 3, 10000, 0), FINE);
	saw_write(t, "pwritev2 at the position", pwritev_raw(SYS_pwritev2, w->data, iov, 1, -1, 0),
		  FINE);
	saw_write(t, "empty write", raw(syscall(SYS_write, w->data, w->buffer, 0)), FINE);
	saw_write(t, "empty pwrite64", raw(syscall(SYS_pwrite64, w->data, w->buffer, 0, 0L)), FINE);
	saw_write(t, "empty writev", raw(syscall(SYS_writev, w->data, iov, 0)), FINE);
}

/* Puts exactly n bytes into the pipe; a write to a pipe is no write to a file. */
static void fill(struct worker *w, size_t n)
{
	long put = raw(syscall(SYS_write, w->pipe[1], w->buffer, n));

	if (put != (long)n)
		die("filling the pipe", put);
}

static void empty(struct worker *w)
{
	while (read(w->pipe[0], w->buffer, BUFFER_SIZE) > 0)
		continue;
}

static void do_transfers(struct worker *w)
{
	struct truth *t = &w->truth;
	loff_t from = 0, to = 50000;
	long n = (long)random_size(w, 4096);

	saw_write(t, "sendfile",
		  raw(syscall(SYS_sendfile, w->data, w->source, &from, random_size(w, 4096))),
		  FINE);
	from = 8192;
	saw_write(t, "sendfile from the end",
		  raw(syscall(SYS_sendfile, w->data, w->source, &from, 10)), FINE);
	from = 8000;
	saw_write(t, "short sendfile", raw(syscall(SYS_sendfile, w->data, w->source, &from, 4096)),
		  FINE);
	from = 0;
	saw_write(t, "copy_file_range",
		  raw(syscall(SYS_copy_file_range, w->source, &from, w->data, &to,
			      random_size(w, 8192), 0)),
		  FINE);

	fill(w, (size_t)n);
	saw_write(t, "splice", raw(syscall(SYS_splice, w->pipe[0], NULL, w->data, &to, n, 0)),
		  FINE);
	empty(w);

	/* Out of a file into a pipe: nothing is written to a file. */
	from = 0;
	n = raw(syscall(SYS_splice, w->source, &from, w->pipe[1], NULL, 100, 0));
	if (n < 0)
		die("splice into a pipe", n);
	n = raw(syscall(SYS_sendfile, w->pipe[1], w->source, &from, 100));
	if (n < 0)
		die("sendfile into a pipe", n);
	empty(w);
}

static void do_failures(struct worker *w)
{
	struct truth *t = &w->truth;
	struct iovec one = { w->buffer, 10 };
	loff_t from = 0, to = 0;

	saw_write(t, "write, not open to write", raw(syscall(SYS_write, w->reader, w->buffer, 10)),
		  -EBADF);
	saw_write(t, "pwrite64, not open to write",
		  raw(syscall(SYS_pwrite64, w->reader, w->buffer, 10, 0L)), -EBADF);
	saw_write(t, "writev, not open to write", raw(syscall(SYS_writev, w->reader, &one, 1)),
		  -EBADF);
	saw_write(t, "pwritev, not open to write",
		  pwritev_raw(SYS_pwritev, w->reader, &one, 1, 0, 0), -EBADF);
	saw_write(t, "sendfile, not open to write",
		  raw(syscall(SYS_sendfile, w->reader, w->source, &from, 10)), -EBADF);
	saw_write(t, "copy_file_range, not open to write",
		  raw(syscall(SYS_copy_file_range, w->source, &from, w->reader, &to, 10, 0)),
		  -EBADF);
	fill(w, 10);
	saw_write(t, "splice, not open to write",
		  raw(syscall(SYS_splice, w->pipe[0], NULL, w->reader, &to, 10, 0)), -EBADF);
	empty(w);
	saw_write(t, "write, bad address", raw(syscall(SYS_write, w->data, (void *)8, 10)),
		  -EFAULT);
	saw_write(t, "pwrite64, bad offset",
		  raw(syscall(SYS_pwrite64, w->data, w->buffer, 10, -5L)), -EINVAL);
	saw_write(t, "pwritev2, bad flags",
		  pwritev_raw(SYS_pwritev2, w->data, &one, 1, 0, 0x40000000), -EOPNOTSUPP);
	saw_write(t, "short write at the limit",
		  raw(syscall(SYS_pwrite64, w->data, w->buffer, 100, FILE_LIMIT - 10)), FINE);
	saw_write(t, "write beyond the limit",
		  raw(syscall(SYS_pwrite64, w->data, w->buffer, 100, FILE_LIMIT)), -EFBIG);
}

/* Fills a small file system: short writes until there is no room at all, then ENOSPC. */
void do_small(struct worker *w)
{
	long n = BUFFER_SIZE;

	if (w->small < 0)
		return;
	while (n > 0) {
		n = raw(syscall(SYS_write, w->small, w->buffer, BUFFER_SIZE));
		saw_write(&w->truth, "filling the small file system", n, n < 0 ? -ENOSPC : FINE);
	}
	saw_write(&w->truth, "full",
		  raw(syscall(SYS_pwrite64, w->small, w->buffer, 10, FILE_LIMIT / 2)), -ENOSPC);
}

void do_writes(struct worker *w, unsigned int round)
{
	(void)round;
	/* Every round writes the same places, so the file stays below the limit however often it is done. */
	if (lseek(w->data, 0, SEEK_SET))
		die("lseek", -errno);
	do_plain(w);
	do_transfers(w);
	do_failures(w);
}
