// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CLibbpf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEEP (64 * 1024)

static __thread char *kept;
static __thread size_t kept_length;

static void keep(const char *text, size_t length)
{
	if (length > KEEP) {
		text += length - KEEP;
		length = KEEP;
	}
	if (kept_length + length > KEEP) {
		size_t drop = kept_length + length - KEEP;

		memmove(kept, kept + drop, kept_length - drop);
		kept_length -= drop;
	}
	memcpy(kept + kept_length, text, length);
	kept_length += length;
	kept[kept_length] = 0;
}

static int on_message(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *text = NULL;
	int length;

	if (!kept || level > LIBBPF_WARN)
		return 0;
	length = vasprintf(&text, format, arguments);
	if (length > 0)
		keep(text, (size_t)length);
	if (length >= 0)
		free(text);
	return 0;
}

void clibbpf_messages_begin(void)
{
	libbpf_set_print(on_message);
	if (!kept)
		kept = malloc(KEEP + 1);
	kept_length = 0;
	if (kept)
		kept[0] = 0;
}

char *clibbpf_messages_end(void)
{
	char *text = kept;

	kept = NULL;
	kept_length = 0;
	return text;
}
