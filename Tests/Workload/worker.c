/* SPDX-License-Identifier: Apache-2.0 */
/* A thread's folder and descriptors, made before anything is counted. */
#define _GNU_SOURCE
#include "workload.h"

#include <ftw.h>
#include <pty.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <termios.h>

/* xorshift: the same sizes for the same seed, on every machine. */
size_t random_size(struct worker *w, size_t most)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return 1 + w->random % most;
}

static int must(const char *what, int result)
{
	if (result < 0)
		die(what, -errno);
	return result;
}

static int file(struct worker *w, const char *name, int flags)
{
	return must(name, openat(w->dirfd, name, flags | O_CLOEXEC, 0644));
}

static void prepare_files(struct worker *w)
{
	must("mkdir", mkdir(w->dir, 0755));
	w->dirfd = must(w->dir, open(w->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	w->data = file(w, "data", O_RDWR | O_CREAT);
	w->append = file(w, "append", O_WRONLY | O_CREAT | O_APPEND);
	w->source = file(w, "source", O_RDWR | O_CREAT);
	must("source", (int)write(w->source, w->buffer, 8192));
	close(file(w, "exists", O_WRONLY | O_CREAT));
	w->reader = file(w, "exists", O_RDONLY);
	must("symlink", symlinkat("exists", w->dirfd, "link"));
	must("mkfifo", mkfifoat(w->dirfd, "fifo", 0644));
	w->fifo = file(w, "fifo", O_RDWR | O_NONBLOCK);
}

/* What some file systems cannot do is tried out here, where it does not count. */
static void probe(struct worker *w)
{
	int fd = openat(w->dirfd, ".", O_TMPFILE | O_RDWR, 0600), mount = 0;

	w->direct = openat(w->dirfd, "direct", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0644);
	if (w->direct < 0 && w->opt->aio)
		skip(&w->truth, "AIO past the page cache: no O_DIRECT");
	w->can_tmpfile = fd >= 0;
	if (fd >= 0)
		close(fd);
	else
		skip(&w->truth, "O_TMPFILE");

	w->h.handle = (struct file_handle *)w->handle_room;
	w->h.handle->handle_bytes = MAX_HANDLE_SZ;
	fd = -1;
	if (!name_to_handle_at(w->dirfd, "exists", w->h.handle, &mount, 0))
		fd = open_by_handle_at(w->dirfd, w->h.handle, O_RDONLY);
	w->can_handle = fd >= 0;
	if (fd >= 0)
		close(fd);
	else
		skip(&w->truth, "open_by_handle_at");
}

/* Things that are written to and are no files. */
static void prepare_others(struct worker *w)
{
	struct termios quiet;

	must("pipe", pipe2(w->pipe, O_CLOEXEC | O_NONBLOCK));
	must("socketpair", socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, w->sockets));
	must("/dev/null", w->null = open("/dev/null", O_WRONLY | O_CLOEXEC));
	must("eventfd", w->event = eventfd(0, EFD_NONBLOCK));
	must("memfd_create", w->memory = memfd_create("workload", 0));
	must("/proc/self/comm", w->comm = open("/proc/self/comm", O_WRONLY | O_CLOEXEC));
	if (openpty(&w->pty[0], &w->pty[1], NULL, NULL, NULL)) {
		w->pty[0] = w->pty[1] = -1;
		skip(&w->truth, "pty");
		return;
	}
	must("tcgetattr", tcgetattr(w->pty[1], &quiet));
	cfmakeraw(&quiet);
	must("tcsetattr", tcsetattr(w->pty[1], TCSANOW, &quiet));
	must("fcntl", fcntl(w->pty[0], F_SETFL, O_NONBLOCK));
	must("fcntl", fcntl(w->pty[1], F_SETFL, O_NONBLOCK));
}

void prepare_worker(struct worker *w, const struct options *opt, unsigned int id)
{
	w->opt = opt;
	w->id = id;
	w->random = opt->seed * 0x9e3779b97f4a7c15ULL + id + 1;
	snprintf(w->dir, sizeof(w->dir), "t%u", id);
	memset(w->buffer, 'a' + (int)(id % 26), sizeof(w->buffer));
	prepare_files(w);
	prepare_others(w);
	probe(w);
	w->device = opt->names && !opt->stress && id == 0 ? prepare_device(w) : -1;
	w->small = -1;
	if (opt->small && id == 0) {
		char path[4096];

		snprintf(path, sizeof(path), "%s/full", opt->small);
		w->small = must(path, open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
