/* SPDX-License-Identifier: Apache-2.0 */
/* A program that tries every way to open a file and says for each which row a trace of it must have. */
#ifndef CASES_H
#define CASES_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <sys/types.h>

/* What is not known must not be told either. */
#define ABSENT (-1000000L)

/* One row; strings are any bytes, NULL is absent. */
struct row {
	const char *op;
	const char *kind;
	const char *via;
	unsigned long long flags;
	unsigned long long mode;
	const char *name;
	const char *target;
	const char *path;
	const char *target_path;
	const char *resolution;
	const char *root;
	const char *comm;   /* NULL: not asked */
	const char *opcode; /* NULL: not asked */
	const char *
		needs; /* the kernel's event without which there is no such row; NULL: there is one always */
	long result;
	int created; /* -1: absent */
	pid_t pid;
	pid_t tid;	 /* 0: not asked */
	bool any_number; /* the result is any that is not negative */
	int argv_is_cut; /* -1: not asked */
};

/* Where the cases are, absolute and without links. */
extern const char *folder;

/* A row about the calling thread, all else absent. */
struct row row(const char *op, const char *kind);
/* Prints it. */
void saw(struct row row);

/* The text, which lives as long as the process. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The absolute path of a name in the folder. */
char *in_folder(const char *name);
/* The file behind a descriptor, as the kernel names it. */
char *path_of(int descriptor);
/* -errno if the call failed. */
long result_of(long returned);

void fail(const char *what) __attribute__((noreturn));
/* Ends the program unless it holds. */
#define NEED(condition)                   \
	do {                              \
		if (!(condition))         \
			fail(#condition); \
	} while (0)

/* Runs it in a child, and waits for it; the child's process id. */
pid_t in_child(void (*what)(void));

/* A row of an open that is over. */
void saw_kept_open(const char *kind, const char *name, unsigned long long flags,
		   unsigned long long mode, long result, bool created, const char *lexical);
/* The same, and closes what it led to. */
void saw_open(const char *kind, const char *name, unsigned long long flags, unsigned long long mode,
	      long result, bool created, const char *lexical);

void open_cases(void);
void ring_cases(void);
void operation_cases(void);
void process_cases(void);

#endif
