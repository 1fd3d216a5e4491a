/* SPDX-License-Identifier: Apache-2.0 */
/* Many processes that live for a moment, and descriptors that are copies of others. */
#define _GNU_SOURCE
#include "stage.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define CHILDREN 300
#define AT_ONCE	 30

void put_bytes(struct truth *t, const char *what, int fd)
{
	saw_write(t, what, raw(syscall(SYS_write, fd, "file\n", 5)), FINE);
}

int make_file(struct truth *t, const char *name)
{
	return (int)saw_open(
		t, name, raw(syscall(SYS_openat, AT_FDCWD, name, O_RDWR | O_CREAT | O_EXCL, 0644)),
		O_RDWR, true, FINE);
}

static void child_of_storm(struct truth *t, unsigned int i)
{
	char name[32], other[32];
	pid_t grandchild;
	int fd;

	/* Some are other writers by their name alone. */
	snprintf(name, sizeof(name), "child-%u", i % 8);
	prctl(PR_SET_NAME, name);
	snprintf(name, sizeof(name), "storm-%u", i);
	snprintf(other, sizeof(other), "moved-%u", i);
	fd = make_file(t, name);
	for (unsigned int n = 0; n <= i % 5; n++)
		put_bytes(t, "write of a child", fd);
	if (i % 10 == 0) {
		grandchild = fork();
		if (grandchild == 0) {
			put_bytes(t, "write of a grandchild", fd);
			_exit(0);
		}
		if (waitpid(grandchild, NULL, 0) != grandchild)
			die("grandchild", -errno);
	}
	saw_op(t, OP_RENAME, "rename of a child", raw(renameat(AT_FDCWD, name, AT_FDCWD, other)));
	if (i % 3 == 0)
		saw_op(t, OP_DELETE, "unlink of a child", raw(unlinkat(AT_FDCWD, other, 0)));
	_exit(0);
}

static void play_fork_storm(struct actor *actor, void *unused)
{
	struct truth *children = shared(CHILDREN * sizeof(*children));
	int status;

	(void)unused;
	own_folder("fork-storm");
	step_in(actor);
	for (unsigned int first = 0; first < CHILDREN; first += AT_ONCE) {
		for (unsigned int i = first; i < first + AT_ONCE; i++) {
			pid_t pid = fork();

			if (pid < 0)
				die("fork", -errno);
			if (pid == 0)
				child_of_storm(&children[i], i);
		}
		for (unsigned int i = 0; i < AT_ONCE; i++)
			if (wait(&status) < 0 || status)
				die("a child of the storm", status);
	}
	for (unsigned int i = 0; i < CHILDREN; i++)
		add_truth(actor->place->truth, &children[i]);
}

void scene_fork_storm(const struct options *opt)
{
	struct actor actor = act(new_place("fork-storm"), play_fork_storm, NULL);

	(void)opt;
	wait_for(&actor);
}

/* A child that has the table of descriptors in common with its parent, and nothing else. */
static void share_table(struct truth *t)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	int status;

	if (pid == 0)
		_exit(make_file(t, "opened-by-child"));
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		die("clone", -errno);
	put_bytes(t, "write to what a child opened", WEXITSTATUS(status));
	close(WEXITSTATUS(status));
}

static void play_duplicates(struct actor *actor, void *unused)
{
	struct truth *t = actor->place->truth;
	int fd, copies[4];
	pid_t pid;

	(void)unused;
	own_folder("duplicates");
	step_in(actor);
	fd = make_file(t, "file");
	copies[0] = dup(fd);
	copies[1] = dup2(fd, 700); /* beyond the first table of descriptors */
	copies[2] = dup3(fd, 701, O_CLOEXEC);
	copies[3] = fcntl(fd, F_DUPFD_CLOEXEC, 900);
	close(fd);
	for (int i = 0; i < 4; i++) {
		put_bytes(t, "write to a copy", copies[i]);
		saw_op(t, OP_SYNC, "fsync of a copy", raw(syscall(SYS_fdatasync, copies[i])));
	}
	pid = fork();
	if (pid == 0) {
		/* As a shell does it. */
		if (dup2(copies[1], STDOUT_FILENO) < 0)
			die("dup2", -errno);
		put_bytes(t, "write to standard output", STDOUT_FILENO);
		_exit(0);
	}
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid", -errno);
	share_table(t);
	/* The number is another file's now. */
	fd = make_file(t, "other");
	if (dup2(fd, 700) != 700)
		die("dup2", -errno);
	put_bytes(t, "write to what took its place", 700);
}

void scene_duplicates(const struct options *opt)
{
	struct actor actor = act(new_place("duplicates"), play_duplicates, NULL);

	(void)opt;
	wait_for(&actor);
}
