/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that somebody else closes while they are in use. */
#define _GNU_SOURCE
#include "stage.h"

#include <stdlib.h>
#include <sched.h>

#define ROUNDS 300

struct victim {
	sem_t opened, closed;
	int fd;
};

static void *close_in_a_moment(void *argument)
{
	struct victim *v = argument;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		sem_wait(&v->opened);
		for (volatile unsigned int spin = 0; spin < round * 37 % 4096; spin++)
			continue;
		close(v->fd);
		sem_post(&v->closed);
	}
	return NULL;
}

/*
 * The last write before the end may find its descriptor gone when it returns; it was done all the same. The one after it
 * fails as one on no file at all.
 */
static void play_closed(struct actor *actor, void *unused)
{
	struct truth *t = actor->place->truth;
	struct victim v = { .fd = -1 };
	pthread_t thread;
	long result;

	(void)unused;
	sem_init(&v.opened, 0, 0);
	sem_init(&v.closed, 0, 0);
	close(open("closed", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	step_in(actor);
	if (pthread_create(&thread, NULL, close_in_a_moment, &v))
		die("pthread_create", -EAGAIN);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		v.fd = (int)saw_open(t, "open of a victim",
				     raw(syscall(SYS_openat, AT_FDCWD, "closed", O_WRONLY, 0)),
				     O_WRONLY, false, FINE);
		sem_post(&v.opened);
		while ((result = raw(syscall(SYS_pwrite64, v.fd, "x", 1, 0L))) == 1) {
			saw_write(t, "write to a victim", result, FINE);
			t->doubtful++;
		}
		if (result != -EBADF)
			die("write to a closed descriptor", result);
		sem_wait(&v.closed);
	}
	pthread_join(thread, NULL);
}

void scene_closed_meanwhile(const struct options *opt)
{
	struct actor actor = act(new_place("closed-meanwhile"), play_closed, NULL);

	(void)opt;
	wait_for(&actor);
}
