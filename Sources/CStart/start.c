// SPDX-License-Identifier: Apache-2.0
/*
 * Holds back the signals the agent answers to, before any other code of the program runs: a service manager or a script
 * may send them as soon as the process is there, and until the agent has taken them they would end it. They are pending
 * from here on and are answered once they are unblocked (Signals.take).
 *
 * .preinit_array runs after the loader and before the constructors of all libraries, of which Swift's take milliseconds.
 */
#include "CStart.h"
#include <signal.h>
#include <stddef.h>

static void hold_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = hold_signals;
