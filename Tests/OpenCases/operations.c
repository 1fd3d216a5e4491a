// SPDX-License-Identifier: Apache-2.0
/* Everything else that is done to files, once by each call. */
#include "cases.h"
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int file;

/* By a name in the folder, by a call that takes no directory or the current one. */
static struct row of_names(const char *op, const char *kind, const char *name, const char *target,
			   unsigned long long mode, long result)
{
	struct row done = row(op, kind);

	done.name = name;
	done.target = target;
	done.mode = mode;
	done.result = result;
	done.path = in_folder(name);
	done.target_path = target ? in_folder(target) : NULL;
	done.resolution = "lexical";
	done.root = "host";
	if (!strcmp(op, "create"))
		done.created = result == 0;
	return done;
}

static void named(const char *op, const char *kind, const char *name, const char *target,
		  unsigned long long mode, long result)
{
	saw(of_names(op, kind, name, target, mode, result));
}

/* By a call that takes flags. */
static void flagged(const char *op, const char *kind, const char *name, const char *target,
		    unsigned long long flags, long result)
{
	struct row done = of_names(op, kind, name, target, 0, result);

	done.flags = flags;
	saw(done);
}

/* The same by a request of io_uring. */
static void asked(const char *op, const char *opcode, const char *name, const char *target,
		  unsigned long long mode, long result)
{
	struct row done = of_names(op, "Uring", name, target, mode, result);

	done.opcode = opcode;
	done.via = NULL;
	done.tid = 0;
	saw(done);
}

/* To the open file. */
static void wrote(const char *op, const char *kind, long result)
{
	struct row done = row(op, kind);

	done.result = result;
	done.path = path_of(file);
	done.resolution = "file";
	done.root = "host";
	if (!strcmp(kind, "Uring")) {
		done.via = NULL;
		done.tid = 0;
	}
	saw(done);
}

static void writes(void)
{
	struct iovec parts[2] = { { "ab", 2 }, { "cde", 3 } };
	int source = openat(AT_FDCWD, "existing", O_RDONLY), pipes[2];
	loff_t at = 0;
	void *map;

	saw_kept_open("openat", "existing", O_RDONLY, 0, source, false, NULL);
	file = openat(AT_FDCWD, "written", O_RDWR | O_CREAT, 0600);
	saw_kept_open("openat", "written", O_RDWR | O_CREAT, 0600, file, true, NULL);
	NEED(!pipe2(pipes, O_CLOEXEC));

	wrote("write", "write", write(file, "abc", 3));
	wrote("write", "pwrite64", pwrite(file, "ab", 2, 1));
	wrote("write", "writev", writev(file, parts, 2));
	wrote("write", "pwritev", pwritev(file, parts, 2, 7));
	wrote("write", "pwritev2", pwritev2(file, parts, 2, 7, RWF_DSYNC));
	wrote("write", "sendfile", sendfile(file, source, NULL, 4));
	wrote("write", "copy_file_range", copy_file_range(source, &at, file, NULL, 3, 0));
	NEED(write(pipes[1], "through a pipe", 14) == 14); /* no file */
	wrote("write", "splice", splice(pipes[0], NULL, file, NULL, 14, 0));
	NEED(write(source, "x", 1) < 0 && errno == EBADF);
	{
		struct row failed = row("write", "write");

		failed.result = -EBADF;
		failed.path = path_of(source);
		failed.resolution = "file";
		failed.root = "host";
		saw(failed);
	}
	NEED(!ftruncate(file, 5));
	wrote("truncate", "ftruncate", 0);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	NEED(map != MAP_FAILED);
	wrote("shared_map", "mmap", 0);
	NEED(!munmap(map, 4096));
	close(source);
}

static void names(void)
{
#ifdef SYS_mkdir
	NEED(!syscall(SYS_mkdir, "made", 0750));
	named("mkdir", "mkdir", "made", NULL, 0750, 0);
	NEED(!syscall(SYS_mknod, "node", S_IFREG | 0600, 0));
	named("create", "mknod", "node", NULL, S_IFREG | 0600, 0);
	NEED(!syscall(SYS_rename, "node", "renamed"));
	named("rename", "rename", "node", "renamed", 0, 0);
	NEED(!syscall(SYS_link, "renamed", "second"));
	named("link", "link", "renamed", "second", 0, 0);
	NEED(!syscall(SYS_symlink, "renamed", "soft"));
	named("link", "symlink", "renamed", "soft", 0, 0);
	NEED(!syscall(SYS_unlink, "soft"));
	named("delete", "unlink", "soft", NULL, 0, 0);
	NEED(!syscall(SYS_rmdir, "made"));
	named("delete", "rmdir", "made", NULL, 0, 0);
	NEED(!syscall(SYS_renameat, AT_FDCWD, "second", AT_FDCWD, "third"));
	named("rename", "renameat", "second", "third", 0, 0);
#endif
	NEED(!mkdirat(AT_FDCWD, "made", 0700));
	named("mkdir", "mkdirat", "made", NULL, 0700, 0);
	NEED(mkdirat(AT_FDCWD, "made", 0700) < 0 && errno == EEXIST);
	named("mkdir", "mkdirat", "made", NULL, 0700, -EEXIST);
	NEED(!syscall(SYS_mknodat, AT_FDCWD, "plain", 0600, 0));
	named("create", "mknodat", "plain", NULL, 0600, 0);
	NEED(!syscall(SYS_mknodat, AT_FDCWD, "fifo", S_IFIFO | 0600, 0)); /* no file */
	NEED(!syscall(SYS_renameat2, AT_FDCWD, "plain", AT_FDCWD, "moved", RENAME_NOREPLACE));
	flagged("rename", "renameat2", "plain", "moved", RENAME_NOREPLACE, 0);
	NEED(!syscall(SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "existing", RENAME_EXCHANGE));
	flagged("rename", "renameat2", "moved", "existing", RENAME_EXCHANGE, 0);
	NEED(!syscall(SYS_renameat2, AT_FDCWD, "moved", AT_FDCWD, "existing", RENAME_EXCHANGE));
	flagged("rename", "renameat2", "moved", "existing", RENAME_EXCHANGE, 0);
	NEED(!linkat(AT_FDCWD, "moved", AT_FDCWD, "linked", 0));
	named("link", "linkat", "moved", "linked", 0, 0);
	NEED(!symlinkat("moved", AT_FDCWD, "soft"));
	named("link", "symlinkat", "moved", "soft", 0, 0);
	NEED(!unlinkat(AT_FDCWD, "soft", 0));
	named("delete", "unlinkat", "soft", NULL, 0, 0);
	NEED(unlinkat(AT_FDCWD, "soft", 0) < 0);
	named("delete", "unlinkat", "soft", NULL, 0, -ENOENT);
	NEED(!unlinkat(AT_FDCWD, "made", AT_REMOVEDIR));
	flagged("delete", "unlinkat", "made", NULL, AT_REMOVEDIR, 0);
	NEED(!truncate("moved", 10));
	named("truncate", "truncate", "moved", NULL, 0, 0);
}

/* A text that is relative to the link's directory, and names that are relative to a descriptor's. */
static void elsewhere(void)
{
	int directory = openat(AT_FDCWD, "directory", O_PATH);
	struct row done;

	saw_kept_open("openat", "directory", O_PATH, 0, directory, false, NULL);
	NEED(!symlinkat("../existing", directory, "up"));
	done = row("link", "symlinkat");
	done.name = "../existing";
	done.target = "up";
	done.path = in_folder("existing");
	done.target_path = in_folder("directory/up");
	done.resolution = "lexical";
	done.root = "host";
	saw(done);
	NEED(!syscall(SYS_renameat2, directory, "up", AT_FDCWD, in_folder("down"), 0));
	done.op = "rename";
	done.kind = "renameat2";
	done.name = "up";
	done.target = in_folder("down");
	done.path = in_folder("directory/up");
	done.target_path = done.target;
	saw(done);
	close(directory);
}

static int by_ring(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int result;

	NEED(io_uring_submit_and_wait(ring, 1) >= 0 && !io_uring_wait_cqe(ring, &cqe));
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

/* Since 6.9; not every liburing knows it. */
#define OPCODE_FTRUNCATE 55

static void by_rings(void)
{
	struct io_uring_probe *known;
	struct io_uring ring;
	struct io_uring_sqe *sqe;

	NEED(!io_uring_queue_init(8, &ring, 0));
	NEED((known = io_uring_get_probe_ring(&ring)));
	if (io_uring_opcode_supported(known, IORING_OP_LINKAT)) { /* and the others of 5.15 */
		io_uring_prep_mkdirat(io_uring_get_sqe(&ring), AT_FDCWD, "ring-made", 0711);
		asked("mkdir", "mkdirat", "ring-made", NULL, 0711, by_ring(&ring));
		io_uring_prep_linkat(io_uring_get_sqe(&ring), AT_FDCWD, "moved", AT_FDCWD,
				     "ring-link", 0);
		asked("link", "linkat", "moved", "ring-link", 0, by_ring(&ring));
		io_uring_prep_symlinkat(io_uring_get_sqe(&ring), "moved", AT_FDCWD, "ring-soft");
		asked("link", "symlinkat", "moved", "ring-soft", 0, by_ring(&ring));
	}
	io_uring_prep_renameat(io_uring_get_sqe(&ring), AT_FDCWD, "linked", AT_FDCWD, "ring-linked",
			       0);
	asked("rename", "renameat", "linked", "ring-linked", 0, by_ring(&ring));
	io_uring_prep_unlinkat(io_uring_get_sqe(&ring), AT_FDCWD, "ring-linked", 0);
	asked("delete", "unlinkat", "ring-linked", NULL, 0, by_ring(&ring));
	io_uring_prep_unlinkat(io_uring_get_sqe(&ring), AT_FDCWD, "ring-linked", 0);
	asked("delete", "unlinkat", "ring-linked", NULL, 0, by_ring(&ring));
	io_uring_prep_write(io_uring_get_sqe(&ring), file, "by a ring", 9, 0);
	wrote("write", "Uring", by_ring(&ring));
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_write(sqe, file, "async", 5, 0);
	sqe->flags |= IOSQE_ASYNC;
	wrote("write", "Uring", by_ring(&ring));
	if (io_uring_opcode_supported(known, OPCODE_FTRUNCATE)) {
		sqe = io_uring_get_sqe(&ring);
		io_uring_prep_nop(sqe);
		sqe->opcode = OPCODE_FTRUNCATE;
		sqe->fd = file;
		sqe->off = 3;
		wrote("truncate", "Uring", by_ring(&ring));
	}
	io_uring_free_probe(known);
	io_uring_queue_exit(&ring);
}

void operation_cases(void)
{
	writes();
	names();
	elsewhere();
	by_rings();
	close(file);
}
