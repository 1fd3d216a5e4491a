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
#include <sys/stat.h>
#include <unistd.h>

struct files files;

/* More than there are operations that use one up. */
#define SPARE_FILES   16
#define SPARE_FOLDERS 4

const char *path_of(const char *directory, const char *name)
{
	static char paths[2][4096];
	static unsigned int calls;
	char *path = paths[calls++ % 2];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static const char *numbered(char name[32], const char *word, unsigned int number)
{
	snprintf(name, 32, "%s-%u", word, number);
	return name;
}

const char *new_name(void)
{
	static unsigned int made;
	static char name[32];

	return numbered(name, "new", made++);
}

const char *spare_file(void)
{
	static unsigned int used;
	static char name[32];

	return numbered(name, "file", used++);
}

const char *spare_folder(void)
{
	static unsigned int used;
	static char name[32];

	return numbered(name, "folder", used++);
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

static int make_spares(void)
{
	char name[32];

	for (unsigned int i = 0; i < SPARE_FILES; i++) {
		int file = make(numbered(name, "file", i));

		if (file < 0)
			return -1;
		close(file);
	}
	for (unsigned int i = 0; i < SPARE_FOLDERS; i++)
		if (mkdirat(files.directory, numbered(name, "folder", i), 0700))
			return -1;
	return 0;
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
	files.unnamed = openat(files.directory, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	files.map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, files.target, 0);
	if (files.map == MAP_FAILED)
		return -errno;
	if (write(files.source, files.buffer, AMOUNT) != AMOUNT)
		return -errno;
	for (int i = 0; i < SPLICES; i++)
		if (write(files.pipe[1], files.buffer, AMOUNT) != AMOUNT)
			return -errno;
	if (make_spares())
		return -errno;
	return prepare_rings();
}

void selftest_remove(const char *directory)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	if (!stream)
		return;
	/* Whichever it is; "." and ".." are refused. */
	while ((entry = readdir(stream)))
		if (unlinkat(dirfd(stream), entry->d_name, 0))
			unlinkat(dirfd(stream), entry->d_name, AT_REMOVEDIR);
	closedir(stream);
	rmdir(directory);
}
