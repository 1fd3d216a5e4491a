/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that does file operations of every kind and says afterwards what it did.
 *
 * Its figures come from the results the kernel gave to the program itself, so they are the truth that a
 * tracer's figures are held against. Three rules keep them honest:
 *
 *   - all set-up is done before the program enters the cgroup that is measured, all clean-up after it left;
 *   - every operation goes through one of the saw_*() functions, with the result it must have;
 *   - a result that is not the expected one ends the program: a wrong truth is worse than none.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ERRNOS	    160
#define MAX_THREADS 64
#define SKIPS	    16
#define BUFFER_SIZE 65536
/* Writes beyond this offset fail with EFBIG; every other write stays below it. */
#define FILE_LIMIT  (16L << 20)
/* An expected result of saw_*(): anything that is not an error. */
#define FINE	    0

struct ring_counts {
	uint64_t opens, creates, writes, write_bytes;
};

/* The operations of names.c and whole.c, in the order of op_names in truth.c. */
enum op {
	OP_DELETE,
	OP_RENAME,
	OP_MKDIR,
	OP_MKNOD,
	OP_SYMLINK,
	OP_LINK,
	OP_TRUNCATE,
	OP_ALLOCATE,
	OP_SYNC,
	OP_SHARED_MAP,
	OP_DEVICE_WRITE,
	OPS
};

struct truth {
	uint64_t opens, opens_for_write, path_opens, open_failures, creates;
	uint64_t writes, write_bytes, write_failures;
	uint64_t open_errors[ERRNOS], write_errors[ERRNOS];
	uint64_t pseudo_opens, pseudo_writes, pseudo_write_bytes;
	uint64_t ops[OPS];
	struct ring_counts ring;
	/* Of what a tracer cannot see to its end; it has to say so, once for each. */
	uint64_t unseen;    /* no result for anybody: declared, in no other figure */
	uint64_t cancelled; /* writes that never began: each a write failure, or declared */
	uint64_t doubtful;  /* of `writes`, those of one byte that may be declared instead */
	const char *skipped[SKIPS];
	unsigned int skips;
};

enum ring_mode { RING_NONE, RING_PLAIN, RING_ASYNC, RING_SQPOLL, RING_DEFER };

struct options {
	const char *cgroup, *leave, *dir, *small, *freeze, *handover;
	bool here, keep, together, suite;
	bool syscalls, names, aio, edges, others, ends;
	enum ring_mode ring;
	unsigned int threads, repeat, storm, stress, processes;
	uint64_t seed;
};

/* What one thread works on: a folder of its own, and everything opened in it before the counting starts. */
struct worker {
	const struct options *opt;
	unsigned int id;
	pthread_t thread;
	struct truth truth;
	uint64_t random;
	char dir[64];
	int dirfd, data, direct, append, reader, source;
	int pipe[2], sockets[2], pty[2], null, event, memory, comm, fifo, small, device;
	bool can_tmpfile, can_handle;
	union {
		struct file_handle *handle;
		char room[256];
	} h;
	char handle_room[256] __attribute__((aligned(8)));
	char buffer[BUFFER_SIZE] __attribute__((aligned(4096)));
};

/* options.c */
void parse_options(struct options *opt, int argc, char **argv);

/* truth.c */
long raw(long result);
void die(const char *what, long result) __attribute__((noreturn));
long saw_open(struct truth *t, const char *what, long result, int flags, bool created,
	      long expected);
void saw_pseudo_open(struct truth *t, const char *what, long result);
long saw_write(struct truth *t, const char *what, long result, long expected);
void saw_pseudo_write(struct truth *t, const char *what, long result);
void saw_ring_open(struct truth *t, const char *what, long result, int flags, bool created,
		   long expected);
void saw_ring_write(struct truth *t, const char *what, long result, long expected);
void skip(struct truth *t, const char *what);
void add_truth(struct truth *sum, const struct truth *t);
/* `also`: a second cgroup, of which the figures are part; 0 if there is none. */
void print_truth(const struct truth *t, const char *name, enum ring_mode mode, uint64_t cgroup,
		 uint64_t also);

/* cgroup.c */
struct cgroup_door {
	int enter, leave;
	uint64_t id;
};
void open_door(struct cgroup_door *door, const char *cgroup, const char *leave);
void enter_cgroup(struct cgroup_door *door, struct truth *t);
void leave_cgroup(struct cgroup_door *door);
uint64_t cgroup_id(const char *path);

/* handover.c */
void open_handover(const char *path);
void wait_to_go(void);
void hand_over(void) __attribute__((noreturn));

/* worker.c */
void prepare_worker(struct worker *w, const struct options *opt, unsigned int id);
void remove_tree(const char *path);
size_t random_size(struct worker *w, size_t most);

/* names.c, whole.c, ring_names.c */
void saw_op(struct truth *t, enum op op, const char *what, long result);
void must_fail(const char *what, long result, long expected);
void do_names(struct worker *w, unsigned int round);
void do_whole_files(struct worker *w, unsigned int round);
int prepare_device(struct worker *w);
void do_ring_names(struct worker *w, unsigned int round);

/* opens.c, writes.c, negatives.c, aio.c */
void do_opens(struct worker *w, unsigned int round);
void do_writes(struct worker *w, unsigned int round);
void do_small(struct worker *w);
void do_negatives(struct worker *w);
void prepare_aio(void);
void do_aio(struct worker *w, unsigned int round);
void do_aio_ends(struct worker *w);

/* ring.c, ring_cases.c */
void prepare_ring(struct worker *w);
void do_ring(struct worker *w, unsigned int round);

/* ring_edges.c, ring_others.c, ring_ends.c */
void do_ring_edges(struct worker *w, unsigned int round);
void do_ring_others(struct worker *w);
void do_ring_ends(struct worker *w);

/* work.c */
void limit_files(void);
void do_round(struct worker *w, unsigned int round);
struct worker *new_worker(const struct options *opt, unsigned int id);
void work_alone(const struct options *opt, struct truth *sum, void (*enter)(void *, struct truth *),
		void (*leave)(void *), void *argument);

/* alone.c, suite.c, stress.c */
int alone(struct options *opt);
int suite(const struct options *opt);
int stress(const struct options *opt);

/* storm.c */
int storm(const struct options *opt);

#endif
