// SPDX-License-Identifier: Apache-2.0
/*
 * watch-cases OPERATION VIA PATH: does one operation that a watch rule may watch, by a system call (`syscall`), by a request of
 * io_uring as it comes (`inline`), by one that is handed to a worker (`worker`), from a polled submission queue (`sqpoll`), by one
 * that asks for no completion (`silent`), or by such a one with the file in the ring's own table (`direct`).
 * What the operation needs is there already: PATH for write, truncate, allocate, delete, rename (to PATH.new) and link (as
 * PATH.link). A result that it does not expect ends it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <liburing.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEED(condition)                                                                     \
	do {                                                                                \
		if (!(condition)) {                                                         \
			fprintf(stderr, "%s:%d: %s: %m\n", __FILE__, __LINE__, #condition); \
			exit(1);                                                            \
		}                                                                           \
	} while (0)

static char other[4200];

static const char *with(const char *path, const char *suffix)
{
	snprintf(other, sizeof(other), "%s%s", path, suffix);
	return other;
}

static int file_of(const char *path)
{
	int file = open(path, O_RDWR);

	NEED(file >= 0);
	return file;
}

static void by_syscall(const char *operation, const char *path)
{
	if (!strcmp(operation, "write"))
		NEED(write(file_of(path), "x", 1) == 1);
	else if (!strcmp(operation, "create"))
		NEED(open(path, O_WRONLY | O_CREAT | O_EXCL, 0644) >= 0);
	else if (!strcmp(operation, "mkdir"))
		NEED(!mkdir(path, 0755));
	else if (!strcmp(operation, "delete"))
		NEED(!unlink(path));
	else if (!strcmp(operation, "rename"))
		NEED(!rename(path, with(path, ".new")));
	else if (!strcmp(operation, "link"))
		NEED(!link(path, with(path, ".link")));
	else if (!strcmp(operation, "symlink"))
		NEED(!symlink("to", path));
	else if (!strcmp(operation, "truncate"))
		NEED(!truncate(path, 1));
	else if (!strcmp(operation, "allocate"))
		NEED(!fallocate(file_of(path), 0, 0, 4096));
	else if (!strcmp(operation, "shared_map"))
		NEED(mmap(0, 1, PROT_WRITE, MAP_SHARED, file_of(path), 0) != MAP_FAILED);
	else
		NEED(!"an operation");
}

static void prepare(struct io_uring_sqe *entry, const char *operation, const char *path)
{
	if (!strcmp(operation, "write"))
		io_uring_prep_write(entry, file_of(path), "x", 1, 0);
	else if (!strcmp(operation, "create"))
		io_uring_prep_openat(entry, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	else if (!strcmp(operation, "mkdir"))
		io_uring_prep_mkdirat(entry, AT_FDCWD, path, 0755);
	else if (!strcmp(operation, "delete"))
		io_uring_prep_unlinkat(entry, AT_FDCWD, path, 0);
	else if (!strcmp(operation, "rename"))
		io_uring_prep_renameat(entry, AT_FDCWD, path, AT_FDCWD, with(path, ".new"), 0);
	else if (!strcmp(operation, "link"))
		io_uring_prep_linkat(entry, AT_FDCWD, path, AT_FDCWD, with(path, ".link"), 0);
	else if (!strcmp(operation, "symlink"))
		io_uring_prep_symlinkat(entry, "to", AT_FDCWD, path);
	else if (!strcmp(operation, "allocate"))
		io_uring_prep_fallocate(entry, file_of(path), 0, 0, 4096);
	else
		NEED(!"an operation of rings");
}

/* The ring's own file 0 is the request's, where it is about a file; another request says when it is over. */
static void hide(struct io_uring *ring, struct io_uring_sqe *entry, bool is_direct)
{
	int file = entry->fd;

	NEED(ring->features & IORING_FEAT_CQE_SKIP);
	entry->flags |= IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_LINK;
	if (is_direct) {
		NEED(!io_uring_register_files(ring, &file, 1));
		entry->fd = 0;
		entry->flags |= IOSQE_FIXED_FILE;
	}
	io_uring_prep_nop(io_uring_get_sqe(ring));
}

static void by_ring(const char *operation, const char *via, const char *path)
{
	bool is_polled = !strcmp(via, "sqpoll"), is_direct = !strcmp(via, "direct");
	bool is_silent = is_direct || !strcmp(via, "silent");
	struct io_uring ring;
	struct io_uring_sqe *entry;
	struct io_uring_cqe *completion;

	NEED(!io_uring_queue_init(8, &ring, is_polled ? IORING_SETUP_SQPOLL : 0));
	entry = io_uring_get_sqe(&ring);
	prepare(entry, operation, path);
	if (!strcmp(via, "worker"))
		io_uring_sqe_set_flags(entry, IOSQE_ASYNC);
	else
		NEED(is_polled || is_silent || !strcmp(via, "inline"));
	if (is_silent)
		hide(&ring, entry, is_direct);
	NEED(io_uring_submit(&ring) == 1 + is_silent);
	NEED(!io_uring_wait_cqe(&ring, &completion));
	if (completion->res < 0) {
		fprintf(stderr, "%s by %s: %s\n", operation, via, strerror(-completion->res));
		exit(1);
	}
	io_uring_cqe_seen(&ring, completion);
	io_uring_queue_exit(&ring);
}

int main(int count, char **arguments)
{
	if (count != 4) {
		fprintf(stderr, "usage: watch-cases OPERATION "
				"syscall|inline|worker|sqpoll|silent|direct PATH\n");
		return 2;
	}
	if (!strcmp(arguments[2], "syscall"))
		by_syscall(arguments[1], arguments[3]);
	else
		by_ring(arguments[1], arguments[2], arguments[3]);
	return 0;
}
