/* SPDX-License-Identifier: Apache-2.0 */
/* The suite for somebody who has prepared nothing: a cgroup is made for it, and is gone when it is over. */
#define _GNU_SOURCE
#include "workload.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Where cgroup2 is mounted, which on hybrid hosts is not /sys/fs/cgroup; NULL if nowhere. */
static char *cgroup2(void)
{
	char *line = NULL, *path = NULL, *type;
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	size_t size = 0;

	while (mounts && !path && getline(&line, &size, mounts) > 0) {
		type = strstr(line, " - ");
		if (type && !strncmp(type, " - cgroup2 ", 11) &&
		    sscanf(line, "%*s %*s %*s %*s %ms", &path) != 1)
			path = NULL;
	}
	free(line);
	if (mounts)
		fclose(mounts);
	return path;
}

/* The files of a cgroup cannot be removed, and go with it. */
static int remove_folder(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)where;
	return type == FTW_DP && rmdir(path) ? -1 : 0;
}

static void remove_cgroup(const char *cgroup)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.kill", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) != 1)
		fprintf(stderr, "workload: %s: %s\n", path, strerror(errno));
	close(fd);
	/* Who was killed may be there for a moment still. */
	for (int tries = 0; tries < 500; tries++) {
		if (!nftw(cgroup, remove_folder, 16, FTW_DEPTH | FTW_PHYS) || errno == ENOENT)
			return;
		usleep(10000);
	}
	fprintf(stderr, "workload: %s is left\n", cgroup);
}

/* In a process of its own, so that there is somebody to clean up whatever becomes of it. */
int alone(struct options *opt)
{
	char cgroup[4096], *mount = cgroup2();
	int status = -1;
	pid_t pid;

	if (!mount) {
		fprintf(stderr, "workload: cgroup2 is not mounted: mount -t cgroup2 cgroup2 DIR\n");
		return 77;
	}
	snprintf(cgroup, sizeof(cgroup), "%s/ot-truth-%d", mount, getpid());
	free(mount);
	if (mkdir(cgroup, 0755)) {
		fprintf(stderr, "workload: %s: %s; run it as root\n", cgroup, strerror(errno));
		return 77;
	}
	opt->cgroup = cgroup;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		suite(opt);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("waiting for the suite", -errno);
	remove_cgroup(cgroup);
	return status ? 1 : 0;
}
