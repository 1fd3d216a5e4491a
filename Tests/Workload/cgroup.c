/* SPDX-License-Identifier: Apache-2.0 */
/* Into the cgroup that is measured, and out of it again. */
#define _GNU_SOURCE
#include "workload.h"

#include <stdlib.h>

uint64_t cgroup_id(const char *path)
{
	struct stat st;

	/* A cgroup's id is the inode number of its folder. */
	if (stat(path, &st))
		die(path, -errno);
	return st.st_ino;
}

static int open_procs(const char *cgroup)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die(path, -errno);
	return fd;
}

void open_door(struct cgroup_door *door, const char *cgroup, const char *leave)
{
	door->id = cgroup_id(cgroup);
	door->enter = open_procs(cgroup);
	door->leave = open_procs(leave);
}

/*
 * A write is accounted when it returns, and this one returns inside the new cgroup: one write to a pseudo
 * file system. "0" means the writing process, with all its threads.
 */
void enter_cgroup(struct cgroup_door *door, struct truth *t)
{
	saw_pseudo_write(t, "entering the cgroup", raw(syscall(SYS_write, door->enter, "0", 1)));
}

/* Returns in the cgroup the program came from, so it is not part of the truth. */
void leave_cgroup(struct cgroup_door *door)
{
	long result = raw(syscall(SYS_write, door->leave, "0", 1));

	if (result != 1)
		die("leaving the cgroup", result);
	close(door->enter);
	close(door->leave);
}
