/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frozen file system lets nobody write until it is thawed: what happens to a write in flight is then no matter of luck.
 * Only on a file system that was given to be frozen.
 */
#define _GNU_SOURCE
#include "stage.h"

#include <dirent.h>
#include <liburing.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

struct frozen {
	sem_t close, closed, leave;
	bool reuse;
};

static void freeze(const struct options *opt, bool hard)
{
	int fd = open(opt->freeze, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, hard ? FIFREEZE : FITHAW, 0))
		die(hard ? "FIFREEZE" : "FITHAW", -errno);
	close(fd);
}

/* Whatever becomes of us, the file system does not stay frozen. */
static pid_t guard(const struct options *opt)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	for (int tenths = 0; tenths < 300 && getppid() == parent; tenths++)
		usleep(100000);
	freeze(opt, false);
	_exit(1);
}

static char state_of(const char *path)
{
	char text[512], state = '?', *rest;
	FILE *file = fopen(path, "re");

	if (!file)
		return state;
	if (fgets(text, sizeof(text), file) && (rest = strrchr(text, ')')))
		state = rest[2];
	fclose(file);
	return state;
}

/* Whether some thread of the process cannot go on. */
static bool is_stuck(pid_t pid)
{
	char path[300];
	struct dirent *entry;
	bool stuck = false;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	while (threads && !stuck && (entry = readdir(threads))) {
		snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", pid, entry->d_name);
		stuck = state_of(path) == 'D';
	}
	if (threads)
		closedir(threads);
	return stuck;
}

/* Whether the process is on its way out, and waits there. */
static bool is_leaving(pid_t pid)
{
	char path[64];
	long call = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%ld", &call) != 1)
		call = -1; /* it runs */
	fclose(file);
	return call == SYS_exit_group;
}

static void wait_until(bool (*is_so)(pid_t), pid_t pid)
{
	for (int tries = 0; tries < 5000; tries++) {
		if (is_so(pid))
			return;
		usleep(1000);
	}
	die("a process that should wait does not", pid);
}

static void *write_once(void *argument)
{
	return (void *)raw(syscall(SYS_pwrite64, *(int *)argument, "x", 1, 0L));
}

static void play_closed_while_frozen(struct actor *actor, void *argument)
{
	struct truth *t = actor->place->truth;
	struct frozen *frozen = argument;
	int fd = open("frozen", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), other;
	pthread_t thread;
	void *result;

	close(open("other", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	step_in(actor);
	sem_wait(&frozen->leave); /* until it is frozen */
	if (pthread_create(&thread, NULL, write_once, &fd))
		die("pthread_create", -EAGAIN);
	sem_wait(&frozen->close);
	close(fd);
	if (frozen->reuse) {
		other = (int)saw_open(t, "open in its place",
				      raw(syscall(SYS_openat, AT_FDCWD, "other", O_RDONLY, 0)),
				      O_RDONLY, false, FINE);
		if (other != fd)
			die("another number", other);
	}
	sem_post(&frozen->closed);
	pthread_join(thread, &result);
	if ((long)result != 1)
		die("write to a frozen file system", (long)result);
	/* There is no file at its number any more, or one that nobody can have written to. */
	t->unseen++;
}

static void play_exit_while_frozen(struct actor *actor, void *argument)
{
	struct frozen *frozen = argument;
	int fd = open("left-frozen", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	struct io_uring ring;
	struct io_uring_sqe *sqe;

	if (fd < 0 || io_uring_queue_init(4, &ring, 0))
		die("io_uring_queue_init", -errno);
	step_in(actor);
	sem_wait(&frozen->close); /* until it is frozen */
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_write(sqe, fd, "x", 1, 0);
	sqe->flags |= IOSQE_ASYNC;
	if (io_uring_submit(&ring) != 1)
		die("io_uring_submit", -EIO);
	sem_wait(&frozen->leave);
}

static void close_frozen(const struct options *opt, struct frozen *frozen, const char *name)
{
	struct actor actor = act(new_place(name), play_closed_while_frozen, frozen);

	freeze(opt, true);
	sem_post(&frozen->leave);
	wait_until(is_stuck, actor.pid);
	sem_post(&frozen->close);
	sem_wait(&frozen->closed);
	freeze(opt, false);
	wait_for(&actor);
}

static void exit_frozen(const struct options *opt, struct frozen *frozen)
{
	struct place *place = new_place("exit-while-frozen");
	struct actor actor = act(place, play_exit_while_frozen, frozen);
	struct stat st;

	place->mode = RING_PLAIN;
	freeze(opt, true);
	sem_post(&frozen->close);
	wait_until(is_stuck, actor.pid);
	sem_post(&frozen->leave);
	wait_until(is_leaving, actor.pid);
	freeze(opt, false);
	wait_for(&actor);
	if (stat("left-frozen", &st))
		die("left-frozen", -errno);
	if (st.st_size)
		saw_ring_write(place->truth, "WRITE while exiting", st.st_size, FINE);
	else
		place->truth->cancelled++;
}

void scene_frozen(const struct options *opt)
{
	struct frozen *frozen = shared(sizeof(*frozen));
	pid_t guarding;

	if (!opt->freeze)
		return;
	guarding = guard(opt);
	sem_init(&frozen->close, 1, 0);
	sem_init(&frozen->closed, 1, 0);
	sem_init(&frozen->leave, 1, 0);
	close_frozen(opt, frozen, "closed-while-frozen");
	frozen->reuse = true;
	close_frozen(opt, frozen, "replaced-while-frozen");
	exit_frozen(opt, frozen);
	kill(guarding, SIGKILL);
	waitpid(guarding, NULL, 0);
}
