/* SPDX-License-Identifier: Apache-2.0 */
/* Set-up outside the cgroup, the counted work inside, then out again and the figures. */
#define _GNU_SOURCE
#include "workload.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static struct worker *workers[MAX_THREADS];
static pthread_barrier_t begin, end;

/* A scratch folder of our own, so that removing it takes nothing else with it. */
static char *scratch(const struct options *opt)
{
	char *path;

	if (asprintf(&path, "%s/workload-XXXXXX", opt->dir) < 0 || !mkdtemp(path) || chdir(path))
		die(opt->dir, -errno);
	return path;
}

static void work(struct worker *w)
{
	for (unsigned int round = 0; round < w->opt->repeat; round++) {
		if (w->opt->syscalls) {
			do_opens(w, round);
			do_writes(w, round);
			do_negatives(w);
		}
		if (w->opt->names)
			do_names(w, round);
		if (w->id == 0 && w->opt->aio)
			do_aio(w, round);
		if (w->id == 0 && w->opt->ring != RING_NONE)
			do_ring(w, round);
		if (w->id == 0 && w->opt->ring != RING_NONE && w->opt->names)
			do_ring_names(w, round);
		if (w->id == 0 && w->opt->ring != RING_NONE && w->opt->edges)
			do_ring_edges(w, round);
	}
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
	struct rlimit limit;

	/* A write beyond the limit shall fail, not end the program. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &limit))
		die("getrlimit", -errno);
	limit.rlim_cur = FILE_LIMIT;
	if (setrlimit(RLIMIT_FSIZE, &limit))
		die("setrlimit", -errno);

	pthread_barrier_init(&begin, NULL, opt->threads);
	pthread_barrier_init(&end, NULL, opt->threads);
	for (unsigned int i = 0; i < opt->threads; i++) {
		workers[i] = aligned_alloc(4096, (sizeof(struct worker) + 4095) / 4096 * 4096);
		if (!workers[i])
			die("aligned_alloc", -ENOMEM);
		memset(workers[i], 0, sizeof(struct worker));
		prepare_worker(workers[i], opt, i);
	}
	if (opt->ring != RING_NONE)
		prepare_ring(workers[0]);
	if (opt->aio)
		prepare_aio();
	for (unsigned int i = 1; i < opt->threads; i++)
		if (pthread_create(&workers[i]->thread, NULL, thread, workers[i]))
			die("pthread_create", -EAGAIN);
}

int main(int argc, char **argv)
{
	struct options opt = { .dir = "/tmp", .threads = 1, .repeat = 1, .seed = 1 };
	struct cgroup_door door = { .enter = -1, .leave = -1 };
	struct truth sum = { 0 };
	char *folder;

	parse_options(&opt, argc, argv);
	folder = scratch(&opt);
	if (opt.storm) {
		storm(&opt);
	} else {
		if (!opt.here)
			open_door(&door, opt.cgroup, opt.leave);
		prepare(&opt);
		if (!opt.here)
			enter_cgroup(&door, &sum);
		thread(workers[0]);
		if (!opt.here)
			leave_cgroup(&door);
		for (unsigned int i = 1; i < opt.threads; i++)
			pthread_join(workers[i]->thread, NULL);
		for (unsigned int i = 0; i < opt.threads; i++)
			add_truth(&sum, &workers[i]->truth);
		print_truth(&sum, opt.ring, door.id);
	}
	if (chdir("/") == 0)
		remove_tree(folder);
	free(folder);
	return 0;
}
