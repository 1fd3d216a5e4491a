/* SPDX-License-Identifier: Apache-2.0 */
/* One process at work, with its threads: set-up outside the cgroup, the counted work inside, then out again. */
#define _GNU_SOURCE
#include "workload.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct worker *workers[MAX_THREADS];
static pthread_barrier_t begin, end;

/* A write beyond the limit shall fail, not end the program. */
void limit_files(void)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit))
		die("getrlimit", -errno);
	limit.rlim_cur = FILE_LIMIT;
	if (setrlimit(RLIMIT_FSIZE, &limit))
		die("setrlimit", -errno);
}

struct worker *new_worker(const struct options *opt, unsigned int id)
{
	struct worker *w = aligned_alloc(4096, (sizeof(struct worker) + 4095) / 4096 * 4096);

	if (!w)
		die("aligned_alloc", -ENOMEM);
	memset(w, 0, sizeof(*w));
	prepare_worker(w, opt, id);
	return w;
}

void do_round(struct worker *w, unsigned int round)
{
	bool ring = w->id == 0 && w->opt->ring != RING_NONE;

	if (w->opt->syscalls) {
		do_opens(w, round);
		do_writes(w, round);
		do_negatives(w);
	}
	if (w->opt->names)
		do_names(w, round);
	if (w->id == 0 && w->opt->aio)
		do_aio(w, round);
	if (ring)
		do_ring(w, round);
	if (ring && w->opt->names)
		do_ring_names(w, round);
	if (ring && w->opt->edges)
		do_ring_edges(w, round);
	if (ring && w->opt->others)
		do_ring_others(w);
	if (ring && w->opt->ends)
		do_ring_ends(w);
	if (w->id == 0 && w->opt->aio && w->opt->ends)
		do_aio_ends(w);
}

static void work(struct worker *w)
{
	for (unsigned int round = 0; round < w->opt->repeat; round++)
		do_round(w, round);
	if (w->opt->syscalls)
		do_small(w);
}

/* The threads exist before the cgroup is entered; waiting at a barrier touches no file. */
static void *thread(void *argument)
{
	pthread_barrier_wait(&begin);
	work(argument);
	pthread_barrier_wait(&end);
	return NULL;
}

static void prepare(const struct options *opt)
{
	limit_files();
	pthread_barrier_init(&begin, NULL, opt->threads);
	pthread_barrier_init(&end, NULL, opt->threads);
	for (unsigned int i = 0; i < opt->threads; i++)
		workers[i] = new_worker(opt, i);
	if (opt->ring != RING_NONE)
		prepare_ring(workers[0]);
	if (opt->aio)
		prepare_aio();
	for (unsigned int i = 1; i < opt->threads; i++)
		if (pthread_create(&workers[i]->thread, NULL, thread, workers[i]))
			die("pthread_create", -EAGAIN);
}

/* `enter` and `leave` are called when all is prepared, and when all is done. */
void work_alone(const struct options *opt, struct truth *sum, void (*enter)(void *, struct truth *),
		void (*leave)(void *), void *argument)
{
	prepare(opt);
	enter(argument, sum);
	thread(workers[0]);
	leave(argument);
	for (unsigned int i = 1; i < opt->threads; i++)
		pthread_join(workers[i]->thread, NULL);
	for (unsigned int i = 0; i < opt->threads; i++)
		add_truth(sum, &workers[i]->truth);
}
