/* SPDX-License-Identifier: Apache-2.0 */
/* What alerts need on their way out and Swift cannot call: variadic calls and control messages. */
#ifndef CALERT_H
#define CALERT_H

/* No other header: what it defines would be this module's in Swift, not Glibc's. */
#include <stddef.h>

/*
 * Sends one entry in the journal's own protocol to the socket at `path`, without waiting: as a datagram, or in a sealed
 * file in memory where it is too big for one. 0, or an errno.
 */
int calert_send_entry(int socket, const char *_Nonnull path, const void *_Nonnull bytes,
		      size_t size);

/* pipe2(2), close-on-exec. -1 with errno set. */
int calert_pipe(int *_Nonnull ends);

/*
 * Starts a program for an alert: `input` is its standard input, `said` its standard error, and it has no other descriptor;
 * in a session and so a group of its own, with no signal blocked or ignored. A name without a slash is looked for in PATH.
 *
 * The capabilities that outlive exec(2) without a user's being root, the ambient ones, are taken from the calling thread
 * first, for good. 0, or an errno.
 */
int calert_start(char *_Nullable const *_Nonnull arguments,
		 char *_Nullable const *_Nonnull environment, int input, int said,
		 int *_Nonnull pid);

/* pidfd_open(2), close-on-exec: readable once the process has ended. -1 with errno set. */
int calert_open_process(int pid);

#endif
