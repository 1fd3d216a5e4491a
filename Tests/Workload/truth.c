/* SPDX-License-Identifier: Apache-2.0 */
/* The tally: the only place where an operation becomes a figure, and where the figures are printed. */
#define _GNU_SOURCE
#include "workload.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_names[OPS] = {
	"deletes",   "renames",	  "mkdirs", "mknods",	   "symlinks",	    "links",
	"truncates", "allocates", "syncs",  "shared_maps", "device_writes",
};

/* Turns the result of syscall(2) into what the kernel returned: a value, or a negative errno. */
long raw(long result)
{
	return result == -1 ? -errno : result;
}

void die(const char *what, long result)
{
	fprintf(stderr, "workload: %s: unexpected result %ld%s%s\n", what, result,
		result < 0 ? ": " : "", result < 0 ? strerror((int)-result) : "");
	exit(1);
}

/* An expected error must come exactly; where success is expected, any success will do. */
static void check(const char *what, long result, long expected)
{
	if (expected < 0 ? result != expected : result < 0)
		die(what, result);
}

static void tally_open(struct truth *t, long result, int flags, bool created)
{
	if (result < 0) {
		t->open_failures++;
		t->open_errors[-result]++;
		return;
	}
	if (flags & O_PATH) {
		t->path_opens++;
		return;
	}
	t->opens++;
	t->creates += created;
	t->opens_for_write += (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;
}

/* Returns the descriptor, to be closed by the caller; an expected failure gives a negative number. */
long saw_open(struct truth *t, const char *what, long result, int flags, bool created,
	      long expected)
{
	check(what, result, expected);
	tally_open(t, result, flags, created);
	return result;
}

void saw_pseudo_open(struct truth *t, const char *what, long result)
{
	check(what, result, FINE);
	t->pseudo_opens++;
}

long saw_write(struct truth *t, const char *what, long result, long expected)
{
	check(what, result, expected);
	if (result < 0) {
		t->write_failures++;
		t->write_errors[-result]++;
	} else {
		t->writes++;
		t->write_bytes += (uint64_t)result;
	}
	return result;
}

void saw_pseudo_write(struct truth *t, const char *what, long result)
{
	check(what, result, FINE);
	t->pseudo_writes++;
	t->pseudo_write_bytes += (uint64_t)result;
}

void saw_ring_open(struct truth *t, const char *what, long result, int flags, bool created,
		   long expected)
{
	check(what, result, expected);
	tally_open(t, result, flags, created);
	if (result >= 0 && !(flags & O_PATH)) {
		t->ring.opens++;
		t->ring.creates += created;
	}
}

void saw_ring_write(struct truth *t, const char *what, long result, long expected)
{
	saw_write(t, what, result, expected);
	if (result >= 0) {
		t->ring.writes++;
		t->ring.write_bytes += (uint64_t)result;
	}
}

void skip(struct truth *t, const char *what)
{
	for (unsigned int i = 0; i < t->skips; i++)
		if (!strcmp(t->skipped[i], what))
			return;
	if (t->skips < SKIPS)
		t->skipped[t->skips++] = what;
}

void add_truth(struct truth *sum, const struct truth *t)
{
	sum->opens += t->opens;
	sum->opens_for_write += t->opens_for_write;
	sum->path_opens += t->path_opens;
	sum->open_failures += t->open_failures;
	sum->creates += t->creates;
	sum->writes += t->writes;
	sum->write_bytes += t->write_bytes;
	sum->write_failures += t->write_failures;
	for (int i = 0; i < ERRNOS; i++) {
		sum->open_errors[i] += t->open_errors[i];
		sum->write_errors[i] += t->write_errors[i];
	}
	sum->pseudo_opens += t->pseudo_opens;
	sum->pseudo_writes += t->pseudo_writes;
	sum->pseudo_write_bytes += t->pseudo_write_bytes;
	for (int i = 0; i < OPS; i++)
		sum->ops[i] += t->ops[i];
	sum->unseen += t->unseen;
	sum->cancelled += t->cancelled;
	sum->doubtful += t->doubtful;
	sum->ring.opens += t->ring.opens;
	sum->ring.creates += t->ring.creates;
	sum->ring.writes += t->ring.writes;
	sum->ring.write_bytes += t->ring.write_bytes;
	for (unsigned int i = 0; i < t->skips; i++)
		skip(sum, t->skipped[i]);
}

static void print_errors(const char *name, const uint64_t *errors)
{
	const char *comma = "";

	printf("\"%s\":{", name);
	for (int i = 0; i < ERRNOS; i++) {
		if (!errors[i])
			continue;
		printf("%s\"%s\":%" PRIu64, comma, strerrorname_np(i), errors[i]);
		comma = ",";
	}
	printf("},");
}

static void print_ring(const char *name, const struct ring_counts *c, const char *end)
{
	printf("\"%s\":{\"opens\":%" PRIu64 ",\"creates\":%" PRIu64 ",\"writes\":%" PRIu64
	       ",\"write_bytes\":%" PRIu64 "}%s",
	       name, c->opens, c->creates, c->writes, c->write_bytes, end);
}

void print_truth(const struct truth *t, const char *name, enum ring_mode mode, uint64_t cgroup,
		 uint64_t also)
{
	static const struct ring_counts none;

	printf("{\"name\":\"%s\",\"cgroup_id\":%" PRIu64 ",", name, cgroup);
	if (also)
		printf("\"also_cgroup_id\":%" PRIu64 ",", also);
	printf("\"opens\":%" PRIu64 ",\"opens_for_write\":%" PRIu64 ",\"path_opens\":%" PRIu64
	       ",\"open_failures\":%" PRIu64 ",",
	       t->opens, t->opens_for_write, t->path_opens, t->open_failures);
	print_errors("open_errors", t->open_errors);
	printf("\"creates\":%" PRIu64 ",\"writes\":%" PRIu64 ",\"write_bytes\":%" PRIu64
	       ",\"write_failures\":%" PRIu64 ",",
	       t->creates, t->writes, t->write_bytes, t->write_failures);
	print_errors("write_errors", t->write_errors);
	for (int i = 0; i < OPS; i++)
		printf("\"%s\":%" PRIu64 ",", op_names[i], t->ops[i]);
	printf("\"pseudo\":{\"opens\":%" PRIu64 ",\"writes\":%" PRIu64 ",\"write_bytes\":%" PRIu64
	       "},",
	       t->pseudo_opens, t->pseudo_writes, t->pseudo_write_bytes);
	printf("\"io_uring\":{");
	if (mode == RING_PLAIN || mode == RING_DEFER) {
		/* Whether the kernel finished a request in place or gave it to a worker is its own affair. */
		print_ring("plain_total", &t->ring, "},");
	} else {
		print_ring("inline", &none, ",");
		print_ring("worker", mode == RING_ASYNC ? &t->ring : &none, ",");
		print_ring("sqpoll", mode == RING_SQPOLL ? &t->ring : &none, "},");
	}
	printf("\"declared\":{\"unseen\":%" PRIu64 ",\"cancelled\":%" PRIu64
	       ",\"doubtful\":%" PRIu64 "},",
	       t->unseen, t->cancelled, t->doubtful);
	printf("\"skipped\":[");
	for (unsigned int i = 0; i < t->skips; i++)
		printf("%s\"%s\"", i ? "," : "", t->skipped[i]);
	printf("]}");
}
