/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_writes DIRECTORY FIRST COUNT FILE: one process in each of the cgroups DIRECTORY/FIRST ..., each of which opens
 * FILE and writes one byte to it. Processes are made in their cgroup: moving them there would take milliseconds each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "cgroup_writes: %s: %s\n", what, strerror(errno));
	return 1;
}

static int write_once(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return file >= 0 && pwrite(file, "x", 1, 0) == 1 ? 0 : 1;
}

int main(int count, char **arguments)
{
	char path[4096];

	if (count != 5) {
		fprintf(stderr, "usage: cgroup_writes DIRECTORY FIRST COUNT FILE\n");
		return 2;
	}
	for (int i = 0; i < atoi(arguments[3]); i++) {
		struct clone_args how = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
		int status;
		long child;

		snprintf(path, sizeof(path), "%s/%d", arguments[1], atoi(arguments[2]) + i);
		how.cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if ((int)how.cgroup < 0)
			return fail(path);
		child = syscall(SYS_clone3, &how, sizeof(how));
		if (child < 0)
			return fail("clone3");
		if (child == 0)
			_exit(write_once(arguments[4]));
		close((int)how.cgroup);
		if (waitpid(child, &status, 0) != child || status)
			return fail("a write");
	}
	return 0;
}
