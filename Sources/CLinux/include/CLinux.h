/* SPDX-License-Identifier: Apache-2.0 */
/* System calls that Swift's Glibc module does not have: their headers are not in its map, or hide behind _GNU_SOURCE. */
#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Opens the directory of a cgroup by its ID, through any descriptor of the cgroup2 mount; -1 with errno set.
 * `as_place` (O_PATH) is for its path alone, and takes less.
 */
int clinux_open_cgroup(int mount, uint64_t id, int as_place);

/*
 * The path of an open file, as readlink(2) gives it; `descriptors` is /proc/self/fd, opened once, as the way there through
 * /proc takes longer than all the rest.
 */
ssize_t clinux_path_of_open(int descriptors, int descriptor, char *_Nonnull path, size_t size);

/* The magic number of the file system that a file is on, of linux/magic.h; 0 when it cannot be told. */
uint32_t clinux_file_system(int descriptor);

/*
 * Opens `name`, one name, in a directory as a place only (O_PATH), itself if it is a link. `crosses` tells whether something
 * mounted there may be entered; if not, that fails with EXDEV before anything is asked of it. Needs Linux 5.6.
 */
int clinux_open_place(int directory, const char *_Nonnull name, int crosses);

/*
 * Opens `path` as a place only (O_PATH), with `root` for the root directory of the path and of all links on the way, but no links
 * of /proc. Whoever may not wait (`waits` is 0) gets EAGAIN where something is to be looked up that the kernel does not have at
 * hand (Linux 5.12; EINVAL before). Needs Linux 5.6.
 */
int clinux_open_in_root(int root, const char *_Nonnull path, int waits);

struct clinux_place {
	int64_t mount; /* the number of the mount it was opened through, as mountinfo has it */
	uint64_t inode;
	uint32_t device; /* as the kernel packs it; of a subvolume not that of the file system */
	uint32_t links;
};

/* Which file was opened, without asking a file system that is far away; -1 with errno set. Needs Linux 5.8. */
int clinux_place_of_open(int descriptor, struct clinux_place *_Nonnull place);

/* fgetxattr(2). */
ssize_t clinux_get_attribute(int descriptor, const char *_Nonnull name, void *_Nonnull value,
			     size_t size);

/*
 * readlink(2) of a link below `top`, whose owner is not trusted: no other link and no mount is followed on the way, and nobody
 * is waited for, as nothing is looked up that the kernel does not have at hand. Needs Linux 5.12.
 */
ssize_t clinux_read_link_below(const char *_Nonnull top, const char *_Nonnull path,
			       char *_Nonnull target, size_t size);

/*
 * Has the allocator give large blocks back to the kernel as soon as they are free, and keep few arenas; glibc by itself
 * raises the limit of what is large with every block that it sees freed.
 */
void clinux_keep_memory_small(void);

/* malloc_trim(3), of all that is free. */
void clinux_give_memory_back(void);

/* madvise(2) MADV_DONTNEED, of the code of the program and its libraries: the pages stay in the cache of files. */
void clinux_forget_code(void);

#endif
