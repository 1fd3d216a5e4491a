/* SPDX-License-Identifier: Apache-2.0 */
/* libbpf, plus what Swift cannot import from it: functions that take a va_list. */
#ifndef CLIBBPF_H
#define CLIBBPF_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

/*
 * libbpf explains a failure only through its message callback, which wants a va_list. From `begin` to `end` its warnings
 * of the calling thread are kept (the last 64 KiB); `end` returns them as one text, which the caller frees, or NULL.
 * Outside of that libbpf is silent.
 */
void clibbpf_messages_begin(void);
char *_Nullable clibbpf_messages_end(void);

#endif
