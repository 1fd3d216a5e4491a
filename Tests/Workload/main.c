/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "workload.h"

#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const char usage[] =
	"usage: workload (--cgroup DIR --leave DIR | --here) [--dir SCRATCH] [--only syscalls,uring,names,aio,edges]\n"
	"                [--uring plain|async|sqpoll] [--threads N] [--repeat N] [--seed N] [--small DIR]\n"
	"       workload --cgroup DIR --storm N [--together] [--dir SCRATCH]\n"
	"Does file operations inside the cgroup and prints what a tracer must have counted there.\n";

static struct worker *workers[MAX_THREADS];
static pthread_barrier_t begin, end;

static void __attribute__((noreturn)) wrong(const char *what)
{
	fprintf(stderr, "workload: %s\n%s", what, usage);
	exit(2);
}

static unsigned int number(const char *text, unsigned int most)
{
	char *rest;
	unsigned long n = strtoul(text, &rest, 10);

	if (*rest || n == 0 || n > most)
		wrong("a number is out of range");
	return (unsigned int)n;
}

static enum ring_mode mode_named(const char *name)
{
	if (!strcmp(name, "plain"))
		return RING_PLAIN;
	if (!strcmp(name, "async"))
		return RING_ASYNC;
	if (!strcmp(name, "sqpoll"))
		return RING_SQPOLL;
	wrong("--uring is plain, async or sqpoll");
}

static void parse(struct options *opt, int argc, char **argv)
{
	enum { CGROUP = 1, LEAVE, HERE, DIR_, SMALL, ONLY, RING, THREADS, REPEAT, SEED, STORM, TOGETHER };
	static const struct option names[] = {
		{ "cgroup", 1, NULL, CGROUP }, { "leave", 1, NULL, LEAVE },     { "here", 0, NULL, HERE },
		{ "dir", 1, NULL, DIR_ },      { "small", 1, NULL, SMALL },     { "only", 1, NULL, ONLY },
		{ "uring", 1, NULL, RING },    { "threads", 1, NULL, THREADS }, { "repeat", 1, NULL, REPEAT },
		{ "seed", 1, NULL, SEED },     { "storm", 1, NULL, STORM },     { "together", 0, NULL, TOGETHER },
		{ NULL, 0, NULL, 0 },
	};
	const char *only = "syscalls,uring";
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case CGROUP: opt->cgroup = optarg; break;
		case LEAVE: opt->leave = optarg; break;
		case HERE: opt->here = true; break;
		case DIR_: opt->dir = optarg; break;
		case SMALL: opt->small = optarg; break;
		case ONLY: only = optarg; break;
		case RING: opt->ring = mode_named(optarg); break;
		case THREADS: opt->threads = number(optarg, MAX_THREADS); break;
		case REPEAT: opt->repeat = number(optarg, 100000); break;
		case SEED: opt->seed = number(optarg, UINT_MAX); break;
		case STORM: opt->storm = number(optarg, 100000); break;
		case TOGETHER: opt->together = true; break;
		default: wrong("unknown option");
		}
	}
	opt->syscalls = strstr(only, "syscalls");
	opt->names = strstr(only, "names");
	opt->aio = strstr(only, "aio");
	opt->edges = strstr(only, "edges");
	if (!strstr(only, "uring"))
		opt->ring = RING_NONE;
	else if (!opt->syscalls && !opt->names && !opt->aio && opt->ring == RING_NONE)
		wrong("--only uring needs --uring");
	if (optind < argc)
		wrong("there is nothing but options");
	if (opt->storm ? !opt->cgroup : opt->here == (opt->cgroup && opt->leave))
		wrong("--cgroup and --leave, or --here");
}

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
			do_aio(w);
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

	parse(&opt, argc, argv);
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
