/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many cgroups that live for a moment: each gets one process, which writes one byte to one file.
 *
 * The parent stays outside, moves the child in and opens everything beforehand; so one write of one byte is
 * all that ever happens in such a cgroup.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>

struct moment {
	uint64_t id;
	pid_t child;
	int go;
	char path[4096];
};

static void make(struct moment *m, const struct options *opt, unsigned int i)
{
	int made;

	made = snprintf(m->path, sizeof(m->path), "%s/storm-%u", opt->cgroup, i);
	if (made >= (int)sizeof(m->path) || mkdir(m->path, 0755))
		die(m->path, -errno);
	m->id = cgroup_id(m->path);
}

/* The child waits for a byte, writes one, and is gone: _exit() touches no file. */
static void start(struct moment *m, int file)
{
	char byte = 'x', procs[4200];
	int go[2], fd;

	if (pipe2(go, O_CLOEXEC))
		die("pipe", -errno);
	m->child = fork();
	if (m->child < 0)
		die("fork", -errno);
	if (m->child == 0) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(syscall(SYS_pwrite64, file, &byte, 1, 0L) == 1 ? 0 : 1);
	}
	close(go[0]);
	m->go = go[1];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", m->path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%d", m->child) < 0)
		die(procs, -errno);
	close(fd);
}

static void finish(struct moment *m)
{
	int status;

	if (write(m->go, "x", 1) != 1)
		die("starting the child", -errno);
	close(m->go);
	if (waitpid(m->child, &status, 0) != m->child || status)
		die("child of the storm", status);
}

static void vanish(struct moment *m)
{
	/* A process that was waited for may be in its cgroup for a moment still. */
	while (rmdir(m->path))
		if (errno != EBUSY)
			die(m->path, -errno);
}

int storm(const struct options *opt)
{
	struct moment *all = calloc(opt->storm, sizeof(*all));
	int file = open("storm", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (!all || file < 0)
		die("preparing the storm", -errno);
	for (unsigned int i = 0; i < opt->storm; i++) {
		make(&all[i], opt, i);
		if (opt->together)
			continue;
		start(&all[i], file);
		finish(&all[i]);
		vanish(&all[i]);
	}
	if (opt->together) {
		for (unsigned int i = 0; i < opt->storm; i++)
			start(&all[i], file);
		for (unsigned int i = 0; i < opt->storm; i++)
			finish(&all[i]);
		for (unsigned int i = 0; i < opt->storm; i++)
			vanish(&all[i]);
	}
	unlink("storm");

	printf("{\"cgroups\":[");
	for (unsigned int i = 0; i < opt->storm; i++)
		printf("%s{\"id\":%" PRIu64
		       ",\"name\":\"storm-%u\",\"writes\":1,\"write_bytes\":1}",
		       i ? "," : "", all[i].id, i);
	printf("]}\n");
	free(all);
	return 0;
}
