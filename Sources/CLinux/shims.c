// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

/* FILEID_KERNFS of linux/exportfs.h: the handle is the 64-bit number of the node. Since 5.5. */
#define KERNFS_HANDLE 0xfe

int clinux_open_cgroup(int mount, uint64_t id, int as_place)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} file;

	file.handle.handle_bytes = sizeof(id);
	file.handle.handle_type = KERNFS_HANDLE;
	memcpy(file.handle.f_handle, &id, sizeof(id));
	return open_by_handle_at(mount, &file.handle, (as_place ? O_PATH : O_RDONLY) | O_CLOEXEC);
}

ssize_t clinux_path_of_open(int descriptors, int descriptor, char *path, size_t size)
{
	char digits[16], *name = digits + sizeof(digits) - 1;

	if (descriptor < 0) {
		errno = EBADF;
		return -1;
	}
	for (*name = 0; name == digits + sizeof(digits) - 1 || descriptor; descriptor /= 10)
		*--name = '0' + descriptor % 10;
	return readlinkat(descriptors, name, path, size);
}

uint32_t clinux_file_system(int descriptor)
{
	struct statfs status;

	return fstatfs(descriptor, &status) ? 0 : (uint32_t)status.f_type;
}

int clinux_open_place(int directory, const char *name, int crosses)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_MAGICLINKS | (crosses ? 0 : RESOLVE_NO_XDEV),
	};

	return syscall(SYS_openat2, directory, name, &how, sizeof(how));
}

int clinux_open_in_root(int root, const char *path, int waits)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (waits ? 0 : RESOLVE_CACHED),
	};

	return syscall(SYS_openat2, root, path, &how, sizeof(how));
}

int64_t clinux_mount_of_open(int descriptor)
{
	struct statx status;

	if (statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &status))
		return -1;
	if (!(status.stx_mask & STATX_MNT_ID)) {
		errno = ENOSYS;
		return -1;
	}
	return (int64_t)status.stx_mnt_id;
}

ssize_t clinux_get_attribute(int descriptor, const char *name, void *value, size_t size)
{
	return fgetxattr(descriptor, name, value, size);
}

ssize_t clinux_read_link_below(const char *top, const char *path, char *target, size_t size)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV | RESOLVE_CACHED,
	};
	int directory = open(top, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), link;
	ssize_t length;

	if (directory < 0)
		return -1;
	link = syscall(SYS_openat2, directory, path, &how, sizeof(how));
	close(directory);
	if (link < 0)
		return -1;
	length = readlinkat(link, "", target, size);
	close(link);
	return length;
}

void clinux_keep_memory_small(void)
{
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_ARENA_MAX, 2);
}

void clinux_give_memory_back(void)
{
	malloc_trim(0);
}

void clinux_forget_code(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL, access[5];
	unsigned long begin, end, inode;
	size_t room = 0;

	while (maps && getline(&line, &room, maps) > 0)
		/* Code is never written to, so every page of it is as the file has it. */
		if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &begin, &end, access, &inode) == 4 &&
		    inode && !strcmp(access, "r-xp"))
			madvise((void *)begin, end - begin, MADV_DONTNEED);
	free(line);
	if (maps)
		fclose(maps);
}
