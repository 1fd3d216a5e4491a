/* SPDX-License-Identifier: Apache-2.0 */
/* What the operations share: the files they work on, and the places of the counters. */
#ifndef SELFTEST_H
#define SELFTEST_H

#include "CSelfTest.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Bytes that each write writes. */
#define AMOUNT	512
/* Operations that take them from a pipe: the system call, and one on each way through io_uring. */
#define SPLICES 4

/* The places of the counters that are expected; the order of `Counter` in Model. */
enum counter {
	OPENS,
	OPENS_FOR_WRITE,
	PATH_OPENS,
	OPEN_FAILURES,
	CREATES,
	WRITES,
	WRITE_BYTES,
	WRITE_FAILURES,
	DELETES,
	RENAMES,
	MKDIRS,
	MKNODS,
	SYMLINKS,
	LINKS,
	TRUNCATES,
	ALLOCATES,
	SYNCS,
	SHARED_MAPS,
	DEVICE_WRITES,
	PSEUDO_OPENS,
	PSEUDO_WRITES,
	PSEUDO_WRITE_BYTES,
	VIA_OPENS,
	VIA_CREATES,
	VIA_WRITES,
	VIA_WRITE_BYTES,
};

/* What was opened beforehand. */
struct files {
	int directory;
	int target;  /* written to */
	int source;  /* AMOUNT bytes to read */
	int pipe[2]; /* AMOUNT bytes wait in it for each splice */
	int empty_pipe[2];
	int memory;  /* a memfd */
	int unnamed; /* a file without a name; -1 where the file system has none */
	void *map;   /* of the target, shared */
	char buffer[AMOUNT];
	struct iovec parts[2]; /* the buffer, in two */
};
extern struct files files;

/* The file that is there to be opened, and one that is not. */
#define EXISTS	"target"
#define MISSING "missing"

/* How an operation is done; `via` and `argument` come from the table. */
struct how {
	enum selftest_via via;
	int argument;
};

/* DIRECTORY/NAME, good until the call after the next one. */
const char *path_of(const char *directory, const char *name);
/* A name in no use yet, good until the next call. */
const char *new_name(void);
/* The name of a file, or of a folder, that was made beforehand and that nothing has been done with, likewise. */
const char *spare_file(void);
const char *spare_folder(void);

/* The result of a system call, with errno as a negative number. */
long raw(long result);
/* 0 when a descriptor came, which is closed; else the error. */
int opened(long result);
/* 0 when all AMOUNT bytes were written; else the error. */
int written(long result);

int do_open(const char *directory, const struct how *how);
int do_openat(const char *directory, const struct how *how);
int do_openat2(const char *directory, const struct how *how);
int do_creat(const char *directory, const struct how *how);
int do_open_by_handle_at(const char *directory, const struct how *how);
int do_open_missing(const char *directory, const struct how *how);
int do_open_new(const char *directory, const struct how *how);
int do_open_pseudo(const char *directory, const struct how *how);

int do_write(const char *directory, const struct how *how);
int do_pwrite64(const char *directory, const struct how *how);
int do_writev(const char *directory, const struct how *how);
int do_pwritev(const char *directory, const struct how *how);
int do_pwritev2(const char *directory, const struct how *how);
int do_sendfile(const char *directory, const struct how *how);
int do_splice(const char *directory, const struct how *how);
int do_aio(const char *directory, const struct how *how);
int do_copy_file_range(const char *directory, const struct how *how);
int do_write_pipe(const char *directory, const struct how *how);
int do_write_pseudo(const char *directory, const struct how *how);

int do_unlink(const char *directory, const struct how *how);
int do_unlinkat(const char *directory, const struct how *how);
int do_unlinkat_folder(const char *directory, const struct how *how);
int do_rmdir(const char *directory, const struct how *how);
int do_rename(const char *directory, const struct how *how);
int do_renameat(const char *directory, const struct how *how);
int do_renameat2(const char *directory, const struct how *how);
int do_mkdir(const char *directory, const struct how *how);
int do_mkdirat(const char *directory, const struct how *how);
int do_mknod(const char *directory, const struct how *how);
int do_mknodat(const char *directory, const struct how *how);
int do_symlink(const char *directory, const struct how *how);
int do_symlinkat(const char *directory, const struct how *how);
int do_link(const char *directory, const struct how *how);
int do_linkat(const char *directory, const struct how *how);
int do_link_unnamed(const char *directory, const struct how *how);
int do_truncate(const char *directory, const struct how *how);
int do_ftruncate(const char *directory, const struct how *how);
int do_fallocate(const char *directory, const struct how *how);
int do_fsync(const char *directory, const struct how *how);
int do_fsync_folder(const char *directory, const struct how *how);
int do_fdatasync(const char *directory, const struct how *how);
int do_sync_file_range(const char *directory, const struct how *how);
int do_msync(const char *directory, const struct how *how);
int do_mmap(const char *directory, const struct how *how);
int do_write_too_far(const char *directory, const struct how *how);
int do_write_device(const char *directory, const struct how *how);

/* By io_uring; `argument` is the opcode of a write or a change, the flags of an open. */
int prepare_rings(void);
int do_ring_openat(const char *directory, const struct how *how);
int do_ring_openat2(const char *directory, const struct how *how);
int do_ring_missing(const char *directory, const struct how *how);
int do_ring_new(const char *directory, const struct how *how);
int do_ring_direct(const char *directory, const struct how *how);
int do_ring_write(const char *directory, const struct how *how);
int do_ring_splice(const char *directory, const struct how *how);
int do_ring_change(const char *directory, const struct how *how);

#endif
