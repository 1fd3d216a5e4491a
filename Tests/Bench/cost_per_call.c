// SPDX-License-Identifier: Apache-2.0
/*
 * What one system call costs here and now, in nanoseconds:
 *
 *   cost_per_call CPU MILLISECONDS [OPERATION ...]
 *
 * prints one line "operation nanoseconds calls" for each operation that is named, or for pwrite (one byte into tmpfs),
 * open (and close) and getppid, which nobody traces. Each figure is the median of many short batches in the thread's own CPU
 * time, so that an interrupt spoils a batch and not the answer, and a busy neighbour spoils nothing. The
 * number of calls lets the caller check that whoever claims to count them did.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MAX_BATCHES = 4096 };

static char path[] = "/dev/shm/cost_per_call.XXXXXX";
static int file = -1;

static void __attribute__((noreturn)) fail(const char *what)
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

/* What is seldom done. Each undoes what it did. */
static char other[] = "/dev/shm/cost_per_call.XXXXXX";

static void one_fsync(void)
{
	if (fsync(file))
		fail("fsync");
}

static void one_ftruncate(void)
{
	if (ftruncate(file, 1))
		fail("ftruncate");
}

static void one_rename(void)
{
	if (rename(path, other) || rename(other, path))
		fail("rename");
}

static void one_mkdir(void)
{
	if (mkdir(other, 0700) || rmdir(other))
		fail("mkdir");
}

static void one_symlink(void)
{
	if (symlink("x", other) || unlink(other))
		fail("symlink");
}

static void one_mmap(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

	if (map == MAP_FAILED || munmap(map, 4096))
		fail("mmap");
}

static void one_private_mmap(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);

	if (map == MAP_FAILED || munmap(map, 4096))
		fail("mmap");
}

static void one_aio(void)
{
	static aio_context_t context;
	struct iocb request = { .aio_lio_opcode = IOCB_CMD_PWRITE };
	struct iocb *list = &request;
	struct io_event event;

	if (!context && syscall(SYS_io_setup, 1, &context))
		fail("io_setup");
	request.aio_fildes = (unsigned int)file;
	request.aio_buf = (unsigned long)"x";
	request.aio_nbytes = 1;
	if (syscall(SYS_io_submit, context, 1L, &list) != 1 ||
	    syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL) != 1)
		fail("AIO");
}

static void one_uring(void)
{
	static struct io_uring ring;
	static int is_ready;
	struct io_uring_cqe *cqe = NULL;

	if (!is_ready && io_uring_queue_init(4, &ring, 0))
		fail("io_uring_queue_init");
	is_ready = 1;
	io_uring_prep_write(io_uring_get_sqe(&ring), file, "x", 1, 0);
	if (io_uring_submit_and_wait(&ring, 1) != 1 || io_uring_wait_cqe(&ring, &cqe) ||
	    cqe->res != 1)
		fail("io_uring");
	io_uring_cqe_seen(&ring, cqe);
}

static const struct operation {
	const char *name;
	void (*call)(void);
	int batch;
	int is_common; /* measured when none is named */
} operations[] = {
	{ "pwrite", one_pwrite, 2000, 1 },
	{ "open", one_open, 500, 1 },
	{ "getppid", one_getppid, 5000, 1 },
	{ "uring", one_uring, 500, 0 },
	{ "aio", one_aio, 500, 0 },
	{ "fsync", one_fsync, 2000, 0 },
	{ "ftruncate", one_ftruncate, 500, 0 },
	{ "rename", one_rename, 200, 0 },
	{ "mkdir", one_mkdir, 200, 0 },
	{ "symlink", one_symlink, 200, 0 },
	{ "mmap", one_mmap, 500, 0 },
	{ "private_mmap", one_private_mmap, 500, 0 },
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

static int wanted(const struct operation *o, int argc, char **argv)
{
	if (argc <= 3)
		return o->is_common;
	for (int i = 3; i < argc; i++)
		if (!strcmp(argv[i], o->name))
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
	memcpy(other, path, sizeof(path));
	other[sizeof(other) - 2] = '.'; /* mkstemp makes letters and digits */
	if (write(file, "x", 1) != 1)
		fail("write");

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (wanted(&operations[i], argc, argv))
			measure(&operations[i], atof(argv[2]));
	return 0;
}
