// SPDX-License-Identifier: Apache-2.0
/*
 * What has to be done before any other code of the program runs.
 *
 * .preinit_array runs after the loader and before the constructors of all libraries, of which Swift's take milliseconds.
 */
#define _GNU_SOURCE
#include "CStart.h"
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>

static uint64_t blocked_signals, ignored_signals;

/* How the program was started: one that runs others hands it on to them. */
static void remember_signals(void)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	for (int number = 1; number <= 64; number++) {
		struct sigaction action;

		if (sigismember(&mask, number) == 1)
			blocked_signals |= 1ULL << (number - 1);
		if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN)
			ignored_signals |= 1ULL << (number - 1);
	}
}

uint64_t cstart_blocked_signals(void)
{
	return blocked_signals;
}

uint64_t cstart_ignored_signals(void)
{
	return ignored_signals;
}

/*
 * Fills the places of the standard descriptors that the program was started without: the first pipes and files it opens
 * would get these numbers, and what is said or shipped there would go into them. O_PATH behaves as what is closed does:
 * reading and writing fail with EBADF.
 */
static void reserve_standard_descriptors(void)
{
	for (int descriptor = 0; descriptor <= 2; descriptor++) {
		if (fcntl(descriptor, F_GETFD) >= 0)
			continue;
		/* The lowest number that is free is this one. */
		if (open("/dev/null", O_PATH) < 0)
			open("/", O_PATH);
	}
}

/*
 * Holds back the signals the agent answers to: a service manager or a script may send them as soon as the process is
 * there, and until the agent has taken them they would end it. They are pending from here on and are answered once they
 * are unblocked (Signals.take).
 */
static void hold_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*const first[])(void) = {
	remember_signals,
	hold_signals,
	reserve_standard_descriptors,
};
