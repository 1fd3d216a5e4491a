/* SPDX-License-Identifier: Apache-2.0 */
/* Before and after the operations. */
#define _GNU_SOURCE
#include "selftest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct files files;

const char *path_of(const char *directory, const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

const char *new_name(void)
{
	static unsigned int made;
	static char name[32];

	snprintf(name, sizeof(name), "new-%u", made++);
	return name;
}

long raw(long result)
{
	return result < 0 ? -errno : result;
}

int opened(long result)
{
	if (result < 0)
		return (int)result;
	close((int)result);
	return 0;
}

int written(long result)
{
	return result < 0 ? (int)result : result == AMOUNT ? 0 : -EPROTO;
}

static int make(const char *name)
{
	return openat(files.directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* Not prctl, which names the calling thread: counters go by the first thread of the process. */
static int take_name(void)
{
	static const char name[] = SELFTEST_COMM;
	int comm = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);
	bool taken = comm >= 0 && write(comm, name, sizeof(name) - 1) == sizeof(name) - 1;

	if (comm >= 0)
		close(comm);
	return taken ? 0 : -1;
}

int selftest_prepare(const char *directory)
{
	if (take_name())
		return -errno;
	memset(files.buffer, 'x', AMOUNT);
	files.parts[0] = (struct iovec){ files.buffer, AMOUNT / 2 };
	files.parts[1] = (struct iovec){ files.buffer + AMOUNT / 2, AMOUNT - AMOUNT / 2 };

	files.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (files.directory < 0)
		return -errno;
	files.target = make(EXISTS);
	files.source = make("source");
	if (files.target < 0 || files.source < 0)
		return -errno;
	if (pipe2(files.pipe, O_CLOEXEC) || pipe2(files.empty_pipe, O_CLOEXEC))
		return -errno;
	files.memory = memfd_create("selftest", MFD_CLOEXEC);
	if (files.memory < 0)
		return -errno;
	if (write(files.source, files.buffer, AMOUNT) != AMOUNT ||
	    write(files.pipe[1], files.buffer, AMOUNT) != AMOUNT)
		return -errno;
	return prepare_rings();
}

void selftest_remove(const char *directory)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	if (!stream)
		return;
	while ((entry = readdir(stream)))
		unlinkat(dirfd(stream), entry->d_name,
			 0); /* not "." and "..", which are directories */
	closedir(stream);
	rmdir(directory);
}
