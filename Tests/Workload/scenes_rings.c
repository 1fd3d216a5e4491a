/* SPDX-License-Identifier: Apache-2.0 */
/* Rings of two processes, and requests whose process is gone before they are over. */
#define _GNU_SOURCE
#include "stage.h"

#include <liburing.h>
#include <poll.h>
#include <string.h>

#define TURNS	  50
#define IN_FLIGHT 32

/* The library's own state is shared as well: who submits must know what the other has submitted. */
struct common {
	struct io_uring ring;
	struct place *places[2];
	sem_t turn[2];
	unsigned int setup;
	int fd;
};

static void result_must(const char *what, long result)
{
	if (result < 0)
		die(what, result);
}

static long run_one(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	long result;

	result_must("io_uring_submit", io_uring_submit(ring));
	result_must("io_uring_wait_cqe", io_uring_wait_cqe(ring, &cqe));
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

/* An SQPOLL thread has the descriptors of its maker only, so there nothing is opened by the other one. */
static void take_turns(struct common *common, int who)
{
	struct truth *t = common->places[common->setup ? 0 : who]->truth;

	for (int i = 0; i < TURNS; i++) {
		struct io_uring_sqe *sqe;
		long fd;

		sem_wait(&common->turn[who]);
		sqe = io_uring_get_sqe(&common->ring);
		io_uring_prep_write(sqe, common->fd, "shared ring", 11, 0);
		if (i % 2)
			sqe->flags |= IOSQE_ASYNC;
		saw_ring_write(t, "WRITE in turns", run_one(&common->ring), FINE);
		if (!common->setup) {
			sqe = io_uring_get_sqe(&common->ring);
			io_uring_prep_openat(sqe, AT_FDCWD, "shared-ring", O_RDWR, 0);
			fd = run_one(&common->ring);
			saw_ring_open(t, "OPENAT in turns", fd, O_RDWR, false, FINE);
			close((int)fd);
		}
		sem_post(&common->turn[!who]);
	}
}

static void play_second(struct actor *actor, void *argument)
{
	step_in(actor);
	take_turns(argument, 1);
}

static void play_first(struct actor *actor, void *argument)
{
	struct common *common = argument;
	struct io_uring_params p = { .flags = common->setup, .sq_thread_idle = 100 };
	struct actor second;

	common->fd = open("shared-ring", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	result_must("io_uring_queue_init_params", io_uring_queue_init_params(8, &common->ring, &p));
	/* Forked while still outside, so that it is the one that was moved, and not its parent. */
	second = act(common->places[1], play_second, common);
	step_in(actor);
	sem_post(&common->turn[0]);
	take_turns(common, 0);
	wait_for(&second);
}

static void share_ring(const char *first, const char *second, unsigned int setup)
{
	struct common *common = shared(sizeof(*common));
	struct actor actor;

	common->setup = setup;
	common->places[0] = new_place(first);
	common->places[1] = new_place(second);
	common->places[0]->mode = common->places[1]->mode = setup ? RING_SQPOLL : RING_PLAIN;
	sem_init(&common->turn[0], 1, 0);
	sem_init(&common->turn[1], 1, 0);
	actor = act(common->places[0], play_first, common);
	wait_for(&actor);
}

/* A request belongs to who submitted it. */
void scene_shared_ring(const struct options *opt)
{
	(void)opt;
	share_ring("ring-maker", "ring-sharer", 0);
}

/* All requests are submitted by the kernel's thread, which belongs to the maker of the ring. */
void scene_shared_sqpoll(const struct options *opt)
{
	(void)opt;
	share_ring("sqpoll-maker", "sqpoll-sharer", IORING_SETUP_SQPOLL);
}

/* Behind a poll that never ends: it cannot begin before its process is gone. */
static void play_exit_behind_poll(struct actor *actor, void *unused)
{
	struct truth *t = actor->place->truth;
	struct io_uring ring;
	int quiet[2], fd = open("behind-poll", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	(void)unused;
	result_must("io_uring_queue_init", io_uring_queue_init(8, &ring, 0));
	result_must("pipe", pipe2(quiet, O_CLOEXEC));
	step_in(actor);
	for (int i = 0; i < 2; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

		io_uring_prep_poll_add(sqe, quiet[0], POLLIN);
		sqe->flags |= IOSQE_IO_LINK;
		sqe = io_uring_get_sqe(&ring);
		if (i)
			io_uring_prep_openat(sqe, AT_FDCWD, "never", O_WRONLY | O_CREAT, 0644);
		else
			io_uring_prep_write(sqe, fd, "never", 5, 0);
	}
	result_must("io_uring_submit", io_uring_submit(&ring));
	t->cancelled++;
	saw_open(t, "OPENAT that is cancelled", -ECANCELED, O_WRONLY, false, -ECANCELED);
}

/* Some are done by then, some are not: the file tells. */
static void play_exit_at_once(struct actor *actor, void *unused)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	int fd = open("at-once", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	(void)unused;
	result_must("io_uring_queue_init", io_uring_queue_init(IN_FLIGHT, &ring, 0));
	step_in(actor);
	for (int i = 0; i < IN_FLIGHT; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

		io_uring_prep_write(sqe, fd, "x", 1, (uint64_t)i);
		sqe->flags |= IOSQE_ASYNC;
	}
	result_must("io_uring_submit", io_uring_submit(&ring));
	result_must("io_uring_wait_cqe_nr", io_uring_wait_cqe_nr(&ring, &cqe, IN_FLIGHT / 4));
}

static unsigned int letters_in(const char *name)
{
	char read_back[IN_FLIGHT];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	long size = read(fd, read_back, sizeof(read_back));
	unsigned int letters = 0;

	result_must(name, size);
	for (long i = 0; i < size; i++)
		letters += read_back[i] == 'x';
	close(fd);
	return letters;
}

void scene_exits(const struct options *opt)
{
	struct place *behind = new_place("exit-behind-poll"), *at_once = new_place("exit-at-once");
	struct actor actor;
	unsigned int done;

	(void)opt;
	behind->mode = at_once->mode = RING_PLAIN;
	actor = act(behind, play_exit_behind_poll, NULL);
	wait_for(&actor);
	actor = act(at_once, play_exit_at_once, NULL);
	wait_for(&actor);
	done = letters_in("at-once");
	for (unsigned int i = 0; i < done; i++)
		saw_ring_write(at_once->truth, "WRITE before the exit", 1, FINE);
	at_once->truth->cancelled = IN_FLIGHT - done;
}
