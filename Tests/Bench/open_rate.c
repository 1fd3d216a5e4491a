// SPDX-License-Identifier: Apache-2.0
/*
 * Opens a file at a given pace from several processes:
 *
 *   open_rate PROCESSES OPENS_PER_SECOND SECONDS
 *
 * OPENS_PER_SECOND is for all processes together. Each opens and closes a file of its own in /dev/shm, in bursts of a
 * millisecond's worth, and does not make up for bursts it was too late for. Prints one line "opens seconds file": how many opens
 * succeeded, which is the truth that rows are held against, and how long it took.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BURST_NS 1000000L

static void __attribute__((noreturn)) fail(const char *what)
{
	fprintf(stderr, "open_rate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static long open_for(const char *path, double per_burst, double seconds)
{
	long start = now_ns(), end = start + (long)(seconds * 1e9), next = start, opened = 0;
	double due = 0;

	while (now_ns() < end) {
		struct timespec wake;

		for (due += per_burst; due >= 1; due--) {
			int fd = open(path, O_RDONLY | O_CLOEXEC);

			if (fd < 0)
				fail("open");
			close(fd);
			opened++;
		}
		next += BURST_NS;
		if (next < now_ns())
			next = now_ns();
		wake = (struct timespec){ next / 1000000000L, next % 1000000000L };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
	}
	return opened;
}

int main(int argc, char **argv)
{
	int processes, results[2], file;
	char path[] = "/dev/shm/open_rate.XXXXXX";
	double rate, seconds;
	long sum = 0, began;

	if (argc != 4 || atoi(argv[1]) < 1) {
		fprintf(stderr, "usage: open_rate PROCESSES OPENS_PER_SECOND SECONDS\n");
		return 2;
	}
	processes = atoi(argv[1]);
	rate = atof(argv[2]);
	seconds = atof(argv[3]);
	file = mkstemp(path);
	if (file < 0 || pipe(results))
		fail(path);
	began = now_ns();
	for (int i = 0; i < processes; i++) {
		pid_t child = fork();
		long opened;

		if (child < 0)
			fail("fork");
		if (child)
			continue;
		opened = open_for(path, rate / processes * BURST_NS / 1e9, seconds);
		if (write(results[1], &opened, sizeof(opened)) != sizeof(opened))
			fail("write");
		_exit(0);
	}
	close(results[1]);
	for (int i = 0; i < processes; i++) {
		long opened;

		if (read(results[0], &opened, sizeof(opened)) != sizeof(opened))
			fail("a process failed");
		sum += opened;
	}
	while (wait(NULL) > 0)
		;
	printf("%ld %.3f %s\n", sum, (now_ns() - began) / 1e9, path);
	unlink(path);
	return 0;
}
