/* SPDX-License-Identifier: Apache-2.0 */
/* Linking this target is enough: see start.c. */
#ifndef CSTART_H
#define CSTART_H

#include <stdint.h>

/* The signals that were blocked, and those that were ignored, when the program was started; signal N is bit N - 1. */
uint64_t cstart_blocked_signals(void);
uint64_t cstart_ignored_signals(void);

#endif
