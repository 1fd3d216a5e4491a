/* SPDX-License-Identifier: Apache-2.0 */
/* Writes by system call. */
#define _GNU_SOURCE
#include "selftest.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int do_write(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_write, files.target, files.buffer, AMOUNT)));
}

int do_pwrite64(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_pwrite64, files.target, files.buffer, AMOUNT, 0L)));
}

int do_writev(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_writev, files.target, files.parts, 2)));
}

int do_pwritev(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_pwritev, files.target, files.parts, 2, 0L, 0L)));
}

int do_pwritev2(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_pwritev2, files.target, files.parts, 2, 0L, 0L, 0)));
}

int do_sendfile(const char *directory, const struct how *how)
{
	loff_t from = 0;

	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_sendfile, files.target, files.source, &from, AMOUNT)));
}

int do_splice(const char *directory, const struct how *how)
{
	loff_t to = 0;

	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_splice, files.pipe[0], NULL, files.target, &to, AMOUNT, 0)));
}

int do_copy_file_range(const char *directory, const struct how *how)
{
	loff_t from = 0, to = 0;

	(void)directory;
	(void)how;
	return written(raw(
		syscall(SYS_copy_file_range, files.source, &from, files.target, &to, AMOUNT, 0)));
}

int do_write_pipe(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_write, files.empty_pipe[1], files.buffer, AMOUNT)));
}

int do_write_pseudo(const char *directory, const struct how *how)
{
	(void)directory;
	(void)how;
	return written(raw(syscall(SYS_write, files.memory, files.buffer, AMOUNT)));
}
