/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on files as a whole, and on a block device; what fails is no operation. */
#define _GNU_SOURCE
#include "workload.h"

#include <linux/falloc.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define DEVICE_SIZE (1L << 20)

static void do_sizes(struct worker *w)
{
	struct truth *t = &w->truth;
	int hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	saw_op(t, OP_TRUNCATE, "ftruncate", raw(syscall(SYS_ftruncate, w->data, 5000L)));
	must_fail("ftruncate, not open to write", raw(syscall(SYS_ftruncate, w->reader, 0L)),
		  -EINVAL);
	saw_op(t, OP_ALLOCATE, "fallocate", raw(syscall(SYS_fallocate, w->data, 0, 0L, 8192L)));
	saw_op(t, OP_ALLOCATE, "fallocate of a hole",
	       raw(syscall(SYS_fallocate, w->data, hole, 0L, 4096L)));
	must_fail("fallocate, not open to write",
		  raw(syscall(SYS_fallocate, w->reader, 0, 0L, 10L)), -EBADF);
	/* In memory alone, on a mount the kernel made for itself: no file activity. */
	must_fail("ftruncate of a memfd", raw(syscall(SYS_ftruncate, w->memory, 8192L)), 0);
}

static void do_syncs(struct worker *w)
{
	struct truth *t = &w->truth;

	saw_op(t, OP_SYNC, "fsync", raw(syscall(SYS_fsync, w->data)));
	saw_op(t, OP_SYNC, "fsync of a folder", raw(syscall(SYS_fsync, w->dirfd)));
	saw_op(t, OP_SYNC, "fdatasync", raw(syscall(SYS_fdatasync, w->data)));
	saw_op(t, OP_SYNC, "sync_file_range",
	       raw(syscall(SYS_sync_file_range, w->data, 0L, 4096L, SYNC_FILE_RANGE_WRITE)));
	must_fail("fsync of a pipe", raw(syscall(SYS_fsync, w->pipe[1])), -EINVAL);
	must_fail("fsync of a memfd", raw(syscall(SYS_fsync, w->memory)), 0);
}

static void *map(struct worker *w, int protection, int flags, int fd)
{
	void *at = mmap(NULL, 4096, protection, flags, fd, 0);

	(void)w;
	if (at == MAP_FAILED)
		die("mmap", -errno);
	return at;
}

static void do_maps(struct worker *w)
{
	struct truth *t = &w->truth;
	int both = PROT_READ | PROT_WRITE;
	void *at = map(w, both, MAP_SHARED, w->data);

	t->ops[OP_SHARED_MAP]++;
	/* The store is nobody's operation; to wait for it is one. */
	memset(at, 'm', 100);
	saw_op(t, OP_SYNC, "msync", raw(syscall(SYS_msync, at, 4096L, MS_SYNC)));
	munmap(at, 4096);
	must_fail("msync in the middle of a page",
		  raw(syscall(SYS_msync, (char *)at + 1, 1L, MS_SYNC)), -EINVAL);
	munmap(map(w, PROT_WRITE, MAP_SHARED_VALIDATE, w->data), 4096);
	t->ops[OP_SHARED_MAP]++;

	/* Neither a private map nor one that is only read can change the file. */
	munmap(map(w, both, MAP_PRIVATE, w->data), 4096);
	munmap(map(w, PROT_READ, MAP_SHARED, w->reader), 4096);
	/* An anonymous one takes no notice of the descriptor; memory and devices are no files. */
	munmap(map(w, both, MAP_SHARED | MAP_ANONYMOUS, w->data), 4096);
	munmap(map(w, both, MAP_SHARED, w->memory), 4096);
	must_fail("mmap, not open to write",
		  mmap(NULL, 4096, both, MAP_SHARED, w->reader, 0) == MAP_FAILED ? -errno : 0,
		  -EACCES);
}

static void do_device(struct worker *w)
{
	struct truth *t = &w->truth;

	if (w->device < 0)
		return;
	saw_op(t, OP_DEVICE_WRITE, "write to a device",
	       raw(syscall(SYS_pwrite64, w->device, w->buffer, 4096, 0L)));
	saw_op(t, OP_DEVICE_WRITE, "short write to a device",
	       raw(syscall(SYS_pwrite64, w->device, w->buffer, 4096, DEVICE_SIZE - 512)));
	must_fail("write beyond a device",
		  raw(syscall(SYS_pwrite64, w->device, w->buffer, 512, DEVICE_SIZE)), -ENOSPC);
	must_fail("fsync of a device", raw(syscall(SYS_fsync, w->device)), 0);
}

void do_whole_files(struct worker *w, unsigned int round)
{
	(void)round;
	do_sizes(w);
	do_syncs(w);
	do_maps(w);
	do_device(w);
}

/* A loop device over a file of ours, which the kernel takes down with its last descriptor; -1 where there is none. */
int prepare_device(struct worker *w)
{
	struct loop_config config = { .info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), device = -1, backing;
	char path[64];

	backing = openat(w->dirfd, "device", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (backing < 0 || ftruncate(backing, DEVICE_SIZE))
		die("device", -errno);
	config.fd = (uint32_t)backing;
	/* Somebody else may be faster to take the free one. */
	for (int tries = 0; control >= 0 && tries < 16; tries++) {
		snprintf(path, sizeof(path), "/dev/loop%d", ioctl(control, LOOP_CTL_GET_FREE));
		device = open(path, O_RDWR | O_CLOEXEC);
		if (device < 0 || !ioctl(device, LOOP_CONFIGURE, &config))
			break;
		close(device);
		device = -1;
	}
	if (device < 0)
		skip(&w->truth, "writes to a device");
	close(control);
	close(backing);
	return device;
}
