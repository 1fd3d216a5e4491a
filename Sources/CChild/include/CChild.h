/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a program as a child in another cgroup and as another user: what is done between fork and exec is in C. */
#ifndef CCHILD_H
#define CCHILD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the child does before it is the program; pointers are the caller's. */
struct cchild_plan {
	/* Where the program may be, ended by NULL: the first that can be executed is. */
	const char *_Nullable const *_Nonnull paths;
	char *_Nullable const *_Nonnull arguments;
	char *_Nullable const *_Nonnull environment;
	/* {"/bin/sh", NULL, arguments[1], ..., NULL}: for a script that does not say what runs it; its path becomes the second. */
	char *_Nullable *_Nonnull shell_arguments;
	/* The directory of a cgroup2 cgroup, and its cgroup.procs open for writing; -1 for none. */
	int cgroup;
	int cgroup_processes;
	/* Whether it becomes another user, and which. */
	int changes_user;
	uid_t user;
	gid_t group;
	const gid_t *_Nullable groups;
	size_t group_count;
	/* The signals that are blocked and those that are ignored; signal N is bit N - 1. */
	uint64_t blocked;
	uint64_t ignored;
};

enum cchild_step {
	CCHILD_DONE,
	CCHILD_PIPE,
	CCHILD_FORK,
	CCHILD_CGROUP,
	CCHILD_GROUPS,
	CCHILD_GROUP,
	CCHILD_USER,
	/* None of the paths leads to a file. */
	CCHILD_FIND,
	/* There is a file, but what is to run it (#! or the loader) is not there. */
	CCHILD_INTERPRETER,
	CCHILD_EXECUTE,
};

struct cchild_outcome {
	/* The child; -1 where there is none, also because it failed before it was the program. */
	pid_t pid;
	enum cchild_step step;
	/* The errno of the step that failed. */
	int error;
};

/* Returns when the child is the program, or has failed to become it. */
struct cchild_outcome cchild_start(const struct cchild_plan *_Nonnull plan);

/*
 * Waits until a child has ended, without taking its status away: until cchild_reap its number stays its own.
 * Fills in how: an exit code, or a signal. -1 with errno set when there is no such child.
 */
int cchild_wait(pid_t pid, int *_Nonnull code, int *_Nonnull signal);

void cchild_reap(pid_t pid);

#endif
