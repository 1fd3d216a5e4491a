/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that are moved to another cgroup: what they do from then on belongs there, what they began before does not. */
#define _GNU_SOURCE
#include "stage.h"

#include "ring.h"

#include <poll.h>

#define LEGS	 6
#define THREADS	 4
#define WRITES	 20000
#define RESTLESS 50

struct journey {
	const struct options *opt;
	struct place *from, *to;
};

/* The write waits until something is in the pipe, and by then its process is elsewhere. */
static void write_across(struct worker *w, struct journey *journey)
{
	struct io_uring_sqe *sqe = request();

	io_uring_prep_poll_add(sqe, w->pipe[0], POLLIN);
	finish_request(sqe);
	sqe->flags |= IOSQE_IO_LINK;
	sqe = request();
	io_uring_prep_write(sqe, w->data, w->buffer, 99, 0);
	finish_request(sqe);
	submit();
	move_to(journey->to);
	if (write(w->pipe[1], "x", 1) != 1)
		die("write to a pipe", -errno);
	completion();
	saw_ring_write(&w->truth, "WRITE across", completion(), FINE);
	settle(w, journey->from);
	if (read(w->pipe[0], w->buffer, 1) != 1)
		die("read of a pipe", -errno);
}

static void play_moves(struct actor *actor, void *argument)
{
	struct journey *journey = argument;
	struct options opt = *journey->opt;
	struct worker *w;

	opt.ring = RING_PLAIN;
	opt.others = opt.ends = false;
	own_folder("moves");
	w = new_worker(&opt, 0);
	prepare_ring(w);
	if (opt.aio)
		prepare_aio();
	step_in(actor);
	for (unsigned int leg = 0; leg < LEGS; leg++) {
		do_round(w, 2 * leg);
		settle(w, journey->from);
		move_to(journey->to);
		do_round(w, 2 * leg + 1);
		settle(w, journey->to);
		move_to(journey->from);
	}
	write_across(w, journey);
}

void scene_moves(const struct options *opt)
{
	struct journey journey = { opt, new_place("moved-from"), new_place("moved-to") };
	struct actor actor;

	journey.from->mode = journey.to->mode = RING_PLAIN;
	actor = act(journey.from, play_moves, &journey);
	wait_for(&actor);
}

static pthread_barrier_t barrier;
static struct journey *journey_of_threads;

/* All stand still while one of them moves them all. */
static void *travel(void *argument)
{
	struct journey *journey = journey_of_threads;
	struct worker *w = argument;

	for (unsigned int leg = 0; leg < LEGS; leg++) {
		struct place *here = leg % 2 ? journey->to : journey->from;

		do_round(w, leg);
		pthread_barrier_wait(&barrier);
		if (w->id == 0) {
			move_to(leg % 2 ? journey->from : journey->to);
			for (unsigned int i = 0; i < THREADS; i++)
				settle(&w[i], here);
		}
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

static void play_moved_threads(struct actor *actor, void *argument)
{
	struct worker *w = shared(THREADS * sizeof(*w));
	struct options opt;

	journey_of_threads = argument;
	opt = *journey_of_threads->opt;
	opt.ring = RING_NONE;
	own_folder("moved-threads");
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (unsigned int i = 0; i < THREADS; i++)
		prepare_worker(&w[i], &opt, i);
	if (opt.aio)
		prepare_aio();
	step_in(actor);
	for (unsigned int i = 1; i < THREADS; i++)
		if (pthread_create(&w[i].thread, NULL, travel, &w[i]))
			die("pthread_create", -EAGAIN);
	travel(w);
	for (unsigned int i = 1; i < THREADS; i++)
		pthread_join(w[i].thread, NULL);
}

void scene_moved_threads(const struct options *opt)
{
	struct journey journey = { opt, new_place("threads-from"), new_place("threads-to") };
	struct actor actor = act(journey.from, play_moved_threads, &journey);

	wait_for(&actor);
}

static void *scribble(void *argument)
{
	int fd = *(int *)argument;

	for (int i = 0; i < WRITES; i++)
		if (syscall(SYS_pwrite64, fd, "x", 1, 0L) != 1)
			die("pwrite64", -errno);
	return NULL;
}

/* Nobody knows where each write returned; none of them is lost or counted twice. */
static void play_restless(struct actor *actor, void *argument)
{
	struct journey *journey = argument;
	pthread_t threads[THREADS];
	struct truth *t = actor->place->truth;
	int fd = open("restless", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	step_in(actor);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, scribble, &fd))
			die("pthread_create", -EAGAIN);
	for (int i = 0; i < RESTLESS; i++) {
		move_to(journey->to);
		move_to(journey->from);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	t->writes += THREADS * WRITES;
	t->write_bytes += THREADS * WRITES;
}

void scene_restless_threads(const struct options *opt)
{
	struct journey journey = { opt, new_place("restless-from"), new_place("restless-to") };
	struct actor actor;

	journey.from->also = journey.to;
	actor = act(journey.from, play_restless, &journey);
	wait_for(&actor);
}
