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
	hold_signals,
	reserve_standard_descriptors,
};
