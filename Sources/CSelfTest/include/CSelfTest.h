/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of file operations, each done alone and each with what it must add to the counters. Whoever performs them
 * (a process of its own, so that nothing else is counted with them) and whoever compares are not the same.
 */
#ifndef CSELFTEST_H
#define CSELFTEST_H

#include <stdint.h>

/* How an operation reaches the kernel; the order of SelfTestOperation.Via. */
enum selftest_via {
	SELFTEST_SYSCALL,
	/* io_uring, as the kernel likes: it may still hand the request to a worker. */
	SELFTEST_INLINE,
	SELFTEST_WORKER,
	SELFTEST_SQPOLL,
};

/* What is added to one counter; `counter` is its place in the order of `Counter` in Model. */
struct selftest_expectation {
	uint32_t counter;
	uint32_t amount; /* 0: unused, as all that follow */
};

#define SELFTEST_EXPECTATIONS 5

/* Of the operations 0 to selftest_count() - 1. */
unsigned int selftest_count(void);
const char *_Nonnull selftest_name(unsigned int operation);
enum selftest_via selftest_via(unsigned int operation);
/* Number `which` of the SELFTEST_EXPECTATIONS of an operation. */
struct selftest_expectation selftest_expectation(unsigned int operation, unsigned int which);

/* What the performing process is called: by that its counters are found. The kernel keeps 15 bytes. */
#define SELFTEST_COMM "otagent-doctor"

/*
 * Gives the process that name, then opens and makes in this existing directory all that the operations need; 0 or
 * -errno. Once in a process.
 */
int selftest_prepare(const char *_Nonnull directory);

/*
 * Does it, in the directory that was prepared: 0, or -errno. ENOSYS, EOPNOTSUPP and EPERM mean that this host does not
 * do such a thing; an operation with another result than it should have is EPROTO.
 */
int selftest_run(unsigned int operation, const char *_Nonnull directory);

/* Removes the directory with its files, also those of a process that was ended in the middle. */
void selftest_remove(const char *_Nonnull directory);

#endif
