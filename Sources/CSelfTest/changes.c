/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on names and on files as a whole, by system call. */
#define _GNU_SOURCE
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One system call that returns 0. */
#define CALLED(name, ...)                                           \
	int do_##name(const char *directory, const struct how *how) \
	{                                                           \
		(void)directory;                                    \
		(void)how;                                          \
		return (int)raw(syscall(__VA_ARGS__));              \
	}

#ifdef SYS_unlink /* and with it the other calls that newer architectures have no more */
CALLED(unlink, SYS_unlink, path_of(directory, spare_file()))
CALLED(rmdir, SYS_rmdir, path_of(directory, spare_folder()))
CALLED(rename, SYS_rename, path_of(directory, spare_file()), path_of(directory, new_name()))
CALLED(mkdir, SYS_mkdir, path_of(directory, new_name()), 0700)
CALLED(mknod, SYS_mknod, path_of(directory, new_name()), S_IFIFO | 0600, 0)
CALLED(symlink, SYS_symlink, EXISTS, path_of(directory, new_name()))
CALLED(link, SYS_link, path_of(directory, EXISTS), path_of(directory, new_name()))
#else
#define MISSING_CALL(name)                                          \
	int do_##name(const char *directory, const struct how *how) \
	{                                                           \
		(void)directory;                                    \
		(void)how;                                          \
		return -ENOSYS;                                     \
	}
MISSING_CALL(unlink)
MISSING_CALL(rmdir)
MISSING_CALL(rename)
MISSING_CALL(mkdir)
MISSING_CALL(mknod)
MISSING_CALL(symlink)
MISSING_CALL(link)
#endif

CALLED(unlinkat, SYS_unlinkat, files.directory, spare_file(), 0)
CALLED(unlinkat_folder, SYS_unlinkat, files.directory, spare_folder(), AT_REMOVEDIR)
#ifdef SYS_renameat
CALLED(renameat, SYS_renameat, files.directory, spare_file(), files.directory, new_name())
#else
MISSING_CALL(renameat)
#endif
CALLED(renameat2, SYS_renameat2, files.directory, spare_file(), files.directory, new_name(), 0)
CALLED(mkdirat, SYS_mkdirat, files.directory, new_name(), 0700)
CALLED(mknodat, SYS_mknodat, files.directory, new_name(), how->argument | 0600, 0)
CALLED(symlinkat, SYS_symlinkat, EXISTS, files.directory, new_name())
CALLED(linkat, SYS_linkat, files.directory, EXISTS, files.directory, new_name(), 0)
CALLED(truncate, SYS_truncate, path_of(directory, EXISTS), 4096L)
CALLED(ftruncate, SYS_ftruncate, files.target, 4096L)
CALLED(fallocate, SYS_fallocate, files.target, 0, 0L, 4096L)
CALLED(fsync, SYS_fsync, files.target)
CALLED(fsync_folder, SYS_fsync, files.directory)
CALLED(fdatasync, SYS_fdatasync, files.target)
CALLED(sync_file_range, SYS_sync_file_range, files.target, 0L, 4096L, 0)
CALLED(msync, SYS_msync, files.map, 4096L, MS_SYNC)

int do_link_unnamed(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	if (files.unnamed < 0)
		return -EOPNOTSUPP;
	return (int)raw(
		syscall(SYS_linkat, files.unnamed, "", files.directory, new_name(), AT_EMPTY_PATH));
}

int do_mmap(const char *directory, const struct how *how)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, files.target, 0);

	(void)directory;
	(void)how;
	if (map == MAP_FAILED)
		return -errno;
	munmap(map, 4096);
	return 0;
}

/* Beyond the size that a file may have for this process: the one failure that needs no full disk. */
int do_write_too_far(const char *directory, const struct how *how)
{
	struct rlimit before, limit;
	long result;

	(void)directory;
	(void)how;
	if (getrlimit(RLIMIT_FSIZE, &before))
		return -errno;
	limit = before;
	limit.rlim_cur = 1 << 20;
	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return -errno;
	result = raw(syscall(SYS_pwrite64, files.target, files.buffer, AMOUNT, 1L << 20));
	setrlimit(RLIMIT_FSIZE, &before);
	return result == -EFBIG ? 0 : result < 0 ? (int)result : -EPROTO;
}

/* Nothing, to a loop device without a file behind it: nowhere can that do harm. */
int do_write_device(const char *directory, const struct how *how)
{
	char device[32], file[64];

	(void)directory;
	(void)how;
	for (int number = 0; number < 8; number++) {
		int opened;
		long result;

		snprintf(device, sizeof(device), "/dev/loop%d", number);
		snprintf(file, sizeof(file), "/sys/block/loop%d/loop/backing_file", number);
		if (access(device, W_OK) || !access(file, F_OK))
			continue;
		opened = open(device, O_WRONLY | O_CLOEXEC);
		if (opened < 0)
			break;
		result = raw(syscall(SYS_write, opened, files.buffer, 0L));
		close(opened);
		return (int)result;
	}
	return -EOPNOTSUPP;
}
