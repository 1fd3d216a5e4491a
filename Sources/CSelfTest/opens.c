/* SPDX-License-Identifier: Apache-2.0 */
/* Opens by system call. The calls are made without the library, which would turn open and creat into openat. */
#define _GNU_SOURCE
#include "selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

int do_open(const char *directory, const struct how *how)
{
#ifdef SYS_open
	return opened(
		raw(syscall(SYS_open, path_of(directory, EXISTS), how->argument | O_CLOEXEC, 0)));
#else
	(void)directory;
	(void)how;
	return -ENOSYS;
#endif
}

int do_openat(const char *directory, const struct how *how)
{
	(void)directory;
	return opened(
		raw(syscall(SYS_openat, files.directory, EXISTS, how->argument | O_CLOEXEC, 0)));
}

int do_openat2(const char *directory, const struct how *how)
{
	struct open_how open_how = { .flags = (unsigned int)how->argument | O_CLOEXEC };

	(void)directory;
	return opened(
		raw(syscall(SYS_openat2, files.directory, EXISTS, &open_how, sizeof(open_how))));
}

int do_creat(const char *directory, const struct how *how)
{
#ifdef SYS_creat
	(void)how;
	return opened(raw(syscall(SYS_creat, path_of(directory, new_name()), 0600)));
#else
	(void)directory;
	(void)how;
	return -ENOSYS;
#endif
}

int do_open_by_handle_at(const char *directory, const struct how *how)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} file;
	int mount;

	(void)directory;
	file.handle.handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(files.directory, EXISTS, &file.handle, &mount, 0))
		return -errno;
	return opened(raw(syscall(SYS_open_by_handle_at, files.directory, &file.handle,
				  how->argument | O_CLOEXEC)));
}

int do_open_missing(const char *directory, const struct how *how)
{
	long result =
		raw(syscall(SYS_openat, files.directory, MISSING, how->argument | O_CLOEXEC, 0));

	(void)directory;
	return result == -ENOENT ? 0 : opened(result) ? (int)result : -EPROTO;
}

int do_open_new(const char *directory, const struct how *how)
{
	bool unnamed = (how->argument & O_TMPFILE) == O_TMPFILE;

	(void)directory;
	return opened(raw(syscall(SYS_openat, files.directory, unnamed ? "." : new_name(),
				  how->argument | O_CLOEXEC, 0600)));
}

int do_open_pseudo(const char *directory, const struct how *how)
{
	(void)directory;
	return opened(raw(
		syscall(SYS_openat, AT_FDCWD, "/proc/self/comm", how->argument | O_CLOEXEC, 0)));
}
