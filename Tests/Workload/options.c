/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#define _GNU_SOURCE
#include "workload.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: workload (--cgroup DIR --leave DIR | --here) [--dir SCRATCH] "
			    "[--only syscalls,uring,names,aio,edges]\n"
			    "                [--uring plain|async|sqpoll] [--threads N] [--repeat "
			    "N] [--seed N] [--small DIR]\n"
			    "       workload --cgroup DIR --storm N [--together] [--dir SCRATCH]\n"
			    "Does file operations inside the cgroup and prints what a tracer must "
			    "have counted there.\n";

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

void parse_options(struct options *opt, int argc, char **argv)
{
	enum {
		CGROUP = 1,
		LEAVE,
		HERE,
		DIR_,
		SMALL,
		ONLY,
		RING,
		THREADS,
		REPEAT,
		SEED,
		STORM,
		TOGETHER
	};
	static const struct option names[] = {
		{ "cgroup", 1, NULL, CGROUP }, { "leave", 1, NULL, LEAVE },
		{ "here", 0, NULL, HERE },     { "dir", 1, NULL, DIR_ },
		{ "small", 1, NULL, SMALL },   { "only", 1, NULL, ONLY },
		{ "uring", 1, NULL, RING },    { "threads", 1, NULL, THREADS },
		{ "repeat", 1, NULL, REPEAT }, { "seed", 1, NULL, SEED },
		{ "storm", 1, NULL, STORM },   { "together", 0, NULL, TOGETHER },
		{ NULL, 0, NULL, 0 },
	};
	const char *only = "syscalls,uring";
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case CGROUP:
			opt->cgroup = optarg;
			break;
		case LEAVE:
			opt->leave = optarg;
			break;
		case HERE:
			opt->here = true;
			break;
		case DIR_:
			opt->dir = optarg;
			break;
		case SMALL:
			opt->small = optarg;
			break;
		case ONLY:
			only = optarg;
			break;
		case RING:
			opt->ring = mode_named(optarg);
			break;
		case THREADS:
			opt->threads = number(optarg, MAX_THREADS);
			break;
		case REPEAT:
			opt->repeat = number(optarg, 100000);
			break;
		case SEED:
			opt->seed = number(optarg, UINT_MAX);
			break;
		case STORM:
			opt->storm = number(optarg, 100000);
			break;
		case TOGETHER:
			opt->together = true;
			break;
		default:
			wrong("unknown option");
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
