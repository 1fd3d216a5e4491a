/* SPDX-License-Identifier: Apache-2.0 */
/* The operations, and what each must add. */
#define _GNU_SOURCE
#include "ring.h"
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <sys/stat.h>

struct operation {
	const char *name;
	int (*run)(const char *directory, const struct how *how);
	struct how how;
	struct selftest_expectation expected[SELFTEST_EXPECTATIONS];
};

/* clang-format off */
#define OPENED { OPENS, 1 }
#define OPENED_FOR_WRITE { OPENS, 1 }, { OPENS_FOR_WRITE, 1 }
#define CREATED OPENED_FOR_WRITE, { CREATES, 1 }
#define WRITTEN { WRITES, 1 }, { WRITE_BYTES, AMOUNT }

/* The place of a counter of one way through io_uring. */
#define VIA(which, via) ((which) + 4 * ((via) - SELFTEST_INLINE))

#define CALL(name, function, argument, ...) \
	{ name, function, { SELFTEST_SYSCALL, argument }, { __VA_ARGS__ } }
#define RING(name, function, argument, via, ...) \
	{ name, function, { via, argument }, { __VA_ARGS__ } }
#define RING_OPEN(name, function, argument, via, ...) \
	RING(name, function, argument, via, __VA_ARGS__, { VIA(VIA_OPENS, via), 1 })
#define RING_WRITE(name, opcode, via) \
	RING(name, do_ring_write, opcode, via, WRITTEN, \
	     { VIA(VIA_WRITES, via), 1 }, { VIA(VIA_WRITE_BYTES, via), AMOUNT })
#define RING_CHANGE(opcode, via, counter) \
	RING(#opcode, do_ring_change, IORING_OP_##opcode, via, { counter, 1 })

#define RING_OPERATIONS(via) \
	RING_OPEN("OPENAT", do_ring_openat, O_RDONLY, via, OPENED), \
	RING_OPEN("OPENAT to write", do_ring_openat, O_WRONLY, via, OPENED_FOR_WRITE), \
	RING("OPENAT, O_PATH", do_ring_openat, O_PATH, via, { PATH_OPENS, 1 }), \
	RING("OPENAT, no such file", do_ring_missing, O_RDONLY, via, { OPEN_FAILURES, 1 }), \
	RING_OPEN("OPENAT2", do_ring_openat2, O_RDONLY, via, OPENED), \
	RING_OPEN("OPENAT, new file", do_ring_new, O_WRONLY | O_CREAT, via, \
		  CREATED, { VIA(VIA_CREATES, via), 1 }), \
	RING_WRITE("WRITE", IORING_OP_WRITE, via), \
	RING_WRITE("WRITEV", IORING_OP_WRITEV, via), \
	RING_WRITE("WRITE_FIXED", IORING_OP_WRITE_FIXED, via), \
	RING_WRITE("WRITEV_FIXED", IORING_OP_WRITEV_FIXED, via), \
	RING("SPLICE", do_ring_splice, 0, via, WRITTEN, \
	     { VIA(VIA_WRITES, via), 1 }, { VIA(VIA_WRITE_BYTES, via), AMOUNT }), \
	RING_OPEN("OPENAT, direct descriptor", do_ring_direct, O_RDONLY, via, OPENED), \
	RING_CHANGE(UNLINKAT, via, DELETES), \
	RING_CHANGE(RENAMEAT, via, RENAMES), \
	RING_CHANGE(MKDIRAT, via, MKDIRS), \
	RING_CHANGE(SYMLINKAT, via, SYMLINKS), \
	RING_CHANGE(LINKAT, via, LINKS), \
	RING_CHANGE(FTRUNCATE, via, TRUNCATES), \
	RING_CHANGE(FALLOCATE, via, ALLOCATES), \
	RING_CHANGE(FSYNC, via, SYNCS), \
	RING_CHANGE(SYNC_FILE_RANGE, via, SYNCS)
/* clang-format on */

static const struct operation operations[] = {
	CALL("open", do_open, O_RDONLY, OPENED),
	CALL("open to write", do_open, O_WRONLY, OPENED_FOR_WRITE),
	CALL("openat", do_openat, O_RDONLY, OPENED),
	CALL("openat2", do_openat2, O_RDONLY, OPENED),
	CALL("creat", do_creat, 0, CREATED),
	CALL("open_by_handle_at", do_open_by_handle_at, O_RDONLY, OPENED),
	CALL("openat, O_PATH", do_openat, O_PATH, { PATH_OPENS, 1 }),
	CALL("openat, no such file", do_open_missing, O_RDONLY, { OPEN_FAILURES, 1 }),
	CALL("openat, new file", do_open_new, O_WRONLY | O_CREAT, CREATED),
	CALL("openat, O_CREAT on a file", do_openat, O_WRONLY | O_CREAT, OPENED_FOR_WRITE),
	CALL("openat, O_TMPFILE", do_open_new, O_WRONLY | O_TMPFILE, CREATED),
	CALL("openat below /proc", do_open_pseudo, O_RDONLY, { PSEUDO_OPENS, 1 }),
	CALL("write", do_write, 0, WRITTEN),
	CALL("pwrite64", do_pwrite64, 0, WRITTEN),
	CALL("writev", do_writev, 0, WRITTEN),
	CALL("pwritev", do_pwritev, 0, WRITTEN),
	CALL("pwritev2", do_pwritev2, 0, WRITTEN),
	CALL("sendfile", do_sendfile, 0, WRITTEN),
	CALL("splice", do_splice, 0, WRITTEN),
	CALL("copy_file_range", do_copy_file_range, 0, WRITTEN),
	CALL("pwrite64, file too large", do_write_too_far, 0, { WRITE_FAILURES, 1 }),
	CALL("write to a block device", do_write_device, 0, OPENED_FOR_WRITE, { DEVICE_WRITES, 1 }),
	CALL("io_submit, PWRITE", do_aio, IOCB_CMD_PWRITE, WRITTEN),
	CALL("io_submit, PWRITEV", do_aio, IOCB_CMD_PWRITEV, WRITTEN),
	CALL("io_submit, FSYNC", do_aio, IOCB_CMD_FSYNC, { SYNCS, 1 }),
	CALL("unlink", do_unlink, 0, { DELETES, 1 }),
	CALL("unlinkat", do_unlinkat, 0, { DELETES, 1 }),
	CALL("unlinkat, directory", do_unlinkat_folder, 0, { DELETES, 1 }),
	CALL("rmdir", do_rmdir, 0, { DELETES, 1 }),
	CALL("rename", do_rename, 0, { RENAMES, 1 }),
	CALL("renameat", do_renameat, 0, { RENAMES, 1 }),
	CALL("renameat2", do_renameat2, 0, { RENAMES, 1 }),
	CALL("mkdir", do_mkdir, 0, { MKDIRS, 1 }),
	CALL("mkdirat", do_mkdirat, 0, { MKDIRS, 1 }),
	CALL("mknod, pipe", do_mknod, 0, { MKNODS, 1 }),
	CALL("mknodat, pipe", do_mknodat, S_IFIFO, { MKNODS, 1 }),
	CALL("mknodat, regular file", do_mknodat, S_IFREG, { CREATES, 1 }),
	CALL("symlink", do_symlink, 0, { SYMLINKS, 1 }),
	CALL("symlinkat", do_symlinkat, 0, { SYMLINKS, 1 }),
	CALL("link", do_link, 0, { LINKS, 1 }),
	CALL("linkat", do_linkat, 0, { LINKS, 1 }),
	CALL("linkat of an O_TMPFILE", do_link_unnamed, 0, { LINKS, 1 }),
	CALL("truncate", do_truncate, 0, { TRUNCATES, 1 }),
	CALL("ftruncate", do_ftruncate, 0, { TRUNCATES, 1 }),
	CALL("fallocate", do_fallocate, 0, { ALLOCATES, 1 }),
	CALL("fsync", do_fsync, 0, { SYNCS, 1 }),
	CALL("fsync, directory", do_fsync_folder, 0, { SYNCS, 1 }),
	CALL("fdatasync", do_fdatasync, 0, { SYNCS, 1 }),
	CALL("sync_file_range", do_sync_file_range, 0, { SYNCS, 1 }),
	CALL("msync", do_msync, 0, { SYNCS, 1 }),
	CALL("mmap, shared and writable", do_mmap, 0, { SHARED_MAPS, 1 }),
	CALL("write to a pipe", do_write_pipe, 0, { 0, 0 }),
	CALL("write to a memfd", do_write_pseudo, 0, { PSEUDO_WRITES, 1 },
	     { PSEUDO_WRITE_BYTES, AMOUNT }),
	RING_OPERATIONS(SELFTEST_INLINE),
	RING_OPERATIONS(SELFTEST_WORKER),
	RING_OPERATIONS(SELFTEST_SQPOLL),
};

unsigned int selftest_count(void)
{
	return sizeof(operations) / sizeof(operations[0]);
}

const char *selftest_name(unsigned int operation)
{
	return operations[operation].name;
}

enum selftest_via selftest_via(unsigned int operation)
{
	return operations[operation].how.via;
}

struct selftest_expectation selftest_expectation(unsigned int operation, unsigned int which)
{
	return operations[operation].expected[which];
}

int selftest_run(unsigned int operation, const char *directory)
{
	const struct operation *chosen;

	if (operation >= selftest_count())
		return -EINVAL;
	chosen = &operations[operation];
	return chosen->run(directory, &chosen->how);
}
