// SPDX-License-Identifier: Apache-2.0
/*
 * What one system call costs here and now, in nanoseconds:
 *
 *   cost_per_call CPU MILLISECONDS [OPERATION ...]
 *
 * prints one line "operation nanoseconds calls" for each of pwrite (one byte into tmpfs), open (and close)
 * and getppid, which nobody traces. Each figure is the median of many short batches in the thread's own CPU
 * time, so that an interrupt spoils a batch and not the answer, and a busy neighbour spoils nothing. The
 * number of calls lets the caller check that whoever claims to count them did.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BATCHES = 4096 };

static char path[] = "/dev/shm/cost_per_call.XXXXXX";
static int file = -1;

static void fail(const char *what)
{
	fprintf(stderr, "cost_per_call: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void remove_file(void)
{
	unlink(path);
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void one_pwrite(void)
{
	if (pwrite(file, "x", 1, 0) != 1)
		fail("pwrite");
}

static void one_open(void)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fail("open");
	close(fd);
}

/* Straight into the kernel: a C library may remember the answer. */
static void one_getppid(void)
{
	syscall(SYS_getppid);
}

static const struct operation {
	const char *name;
	void (*call)(void);
	int batch;
} operations[] = {
	{ "pwrite", one_pwrite, 2000 },
	{ "open", one_open, 500 },
	{ "getppid", one_getppid, 5000 },
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const struct operation *o, double milliseconds)
{
	static double batches[MAX_BATCHES];
	double end = now_ns(CLOCK_MONOTONIC) + milliseconds * 1e6;
	int count = 0;

	/* The first batch warms the caches and is not kept. */
	for (int i = 0; i < o->batch; i++)
		o->call();
	while (count < MAX_BATCHES && (count < 5 || now_ns(CLOCK_MONOTONIC) < end)) {
		double start = now_ns(CLOCK_THREAD_CPUTIME_ID);

		for (int i = 0; i < o->batch; i++)
			o->call();
		batches[count++] = (now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / o->batch;
	}
	qsort(batches, count, sizeof(batches[0]), by_value);
	printf("%s %.2f %ld\n", o->name, batches[count / 2], (count + 1L) * o->batch);
}

static int wanted(const char *name, int argc, char **argv)
{
	if (argc <= 3)
		return 1;
	for (int i = 3; i < argc; i++)
		if (!strcmp(argv[i], name))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	cpu_set_t cpus;

	if (argc < 3) {
		fprintf(stderr, "usage: cost_per_call CPU MILLISECONDS [OPERATION ...]\n");
		return 2;
	}
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[1]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail("cannot stay on one CPU");

	file = mkstemp(path);
	if (file < 0)
		fail(path);
	atexit(remove_file);
	if (write(file, "x", 1) != 1)
		fail("write");

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (wanted(operations[i].name, argc, argv))
			measure(&operations[i], atof(argv[2]));
	return 0;
}
