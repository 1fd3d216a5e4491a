// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/openat2.h>
#include <malloc.h>
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

int clinux_place_of_open(int descriptor, struct clinux_place *place)
{
	const unsigned int wanted = STATX_MNT_ID | STATX_INO | STATX_NLINK;
	struct statx status;

	if (statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted, &status))
		return -1;
	if ((status.stx_mask & wanted) != wanted) {
		errno = ENOSYS;
		return -1;
	}
	place->mount = (int64_t)status.stx_mnt_id;
	place->inode = status.stx_ino;
	place->device = status.stx_dev_major << 20 | status.stx_dev_minor;
	place->links = status.stx_nlink;
	return 0;
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

static int has_text_relocations(const struct dl_phdr_info *program)
{
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Dyn) * entry;

		if (program->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		entry = (const void *)(program->dlpi_addr + program->dlpi_phdr[i].p_vaddr);
		for (; entry->d_tag != DT_NULL; entry++)
			if (entry->d_tag == DT_TEXTREL ||
			    (entry->d_tag == DT_FLAGS && entry->d_un.d_val & DF_TEXTREL))
				return 1;
	}
	return 0;
}

/* Code is not written to once it is there, so every page of it is as the file has it; but for these relocations. */
static int forget_code(struct dl_phdr_info *program, size_t size, void *unused)
{
	uintptr_t inside = getpagesize() - 1;

	(void)size;
	(void)unused;
	if (has_text_relocations(program))
		return 0;
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &program->dlpi_phdr[i];
		uintptr_t begin = program->dlpi_addr + part->p_vaddr;
		uintptr_t end = (begin + part->p_memsz + inside) & ~inside;

		begin &= ~inside;
		if (part->p_type == PT_LOAD && (part->p_flags & (PF_X | PF_W)) == PF_X)
			madvise((void *)begin, end - begin, MADV_DONTNEED);
	}
	return 0; /* on to the next library */
}

void clinux_forget_code(void)
{
	dl_iterate_phdr(forget_code, NULL);
}
