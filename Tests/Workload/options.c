/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#define _GNU_SOURCE
#include "workload.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: workload (--cgroup DIR --leave DIR | --here [--keep | --handover FILE])\n"
	"                [--dir SCRATCH]\n"
	"                [--only syscalls,uring,names,aio,edges,others,ends]\n"
	"                [--uring plain|async|sqpoll|defer] [--threads N]\n"
	"                [--repeat N] [--seed N] [--small DIR]\n"
	"       workload [--cgroup DIR] --suite [--freeze DIR] [--only ...] [--dir SCRATCH]\n"
	"       workload --cgroup DIR --stress SECONDS [--processes N] [--seed N]\n"
	"                [--dir SCRATCH]\n"
	"       workload --cgroup DIR --storm N [--together] [--dir SCRATCH]\n"
	"Does file operations inside the cgroup and prints what a tracer must "
	"have counted there.\n";

static const char everything[] = "syscalls,uring,names,aio,edges,others,ends";

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
	if (!strcmp(name, "defer"))
		return RING_DEFER;
	wrong("--uring is plain, async, sqpoll or defer");
}

/* Those that make cgroups of their own below the one they are given. */
static void check_many(const struct options *opt)
{
	if (opt->suite + !!opt->stress + !!opt->storm != 1)
		wrong("one of --suite, --stress and --storm");
	if (opt->here || opt->leave)
		wrong("neither --here nor --leave");
	if (!opt->cgroup && !opt->suite)
		wrong("--cgroup");
}

void parse_options(struct options *opt, int argc, char **argv)
{
	enum {
		CGROUP = 1,
		LEAVE,
		HERE,
		KEEP,
		DIR_,
		SMALL,
		ONLY,
		RING,
		THREADS,
		REPEAT,
		SEED,
		STORM,
		TOGETHER,
		SUITE,
		FREEZE,
		STRESS,
		PROCESSES,
		HANDOVER
	};
	static const struct option names[] = {
		{ "cgroup", 1, NULL, CGROUP },
		{ "leave", 1, NULL, LEAVE },
		{ "here", 0, NULL, HERE },
		{ "keep", 0, NULL, KEEP },
		{ "handover", 1, NULL, HANDOVER },
		{ "dir", 1, NULL, DIR_ },
		{ "small", 1, NULL, SMALL },
		{ "only", 1, NULL, ONLY },
		{ "uring", 1, NULL, RING },
		{ "threads", 1, NULL, THREADS },
		{ "repeat", 1, NULL, REPEAT },
		{ "seed", 1, NULL, SEED },
		{ "storm", 1, NULL, STORM },
		{ "together", 0, NULL, TOGETHER },
		{ "suite", 0, NULL, SUITE },
		{ "freeze", 1, NULL, FREEZE },
		{ "stress", 1, NULL, STRESS },
		{ "processes", 1, NULL, PROCESSES },
		{ NULL, 0, NULL, 0 },
	};
	const char *only = NULL;
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
		case KEEP:
			opt->keep = true;
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
		case SUITE:
			opt->suite = true;
			break;
		case FREEZE:
			opt->freeze = optarg;
			break;
		case STRESS:
			opt->stress = number(optarg, 86400);
			break;
		case PROCESSES:
			opt->processes = number(optarg, 10000);
			break;
		case HANDOVER:
			opt->handover = optarg;
			break;
		default:
			wrong("unknown option");
		}
	}
	if (!only)
		only = opt->suite || opt->stress ? everything : "syscalls,uring";
	opt->syscalls = strstr(only, "syscalls");
	opt->names = strstr(only, "names");
	opt->aio = strstr(only, "aio");
	opt->edges = strstr(only, "edges");
	opt->others = strstr(only, "others");
	opt->ends = strstr(only, "ends");
	if (!strstr(only, "uring"))
		opt->ring = RING_NONE;
	else if (!opt->syscalls && !opt->names && !opt->aio && opt->ring == RING_NONE)
		wrong("--only uring needs --uring");
	if (optind < argc)
		wrong("there is nothing but options");
	if (opt->suite || opt->stress || opt->storm)
		check_many(opt);
	else if (opt->here == (opt->cgroup && opt->leave))
		wrong("--cgroup and --leave, or --here");
	if (opt->handover && !opt->here)
		wrong("--handover goes with --here");
}
