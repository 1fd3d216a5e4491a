// SPDX-License-Identifier: Apache-2.0
#include "cases.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *folder;

void fail(const char *what)
{
	dprintf(2, "open-cases: %s: %s\n", what, strerror(errno));
	_exit(1);
}

char *text(const char *format, ...)
{
	char *made = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&made, format, arguments) < 0)
		fail("memory");
	va_end(arguments);
	return made;
}

char *in_folder(const char *name)
{
	return text("%s/%s", folder, name);
}

long result_of(long returned)
{
	return returned < 0 ? -errno : returned;
}

char *path_of(int descriptor)
{
	static const char gone[] = " (deleted)";
	char path[4097], *link = text("/proc/self/fd/%d", descriptor);
	ssize_t length = readlink(link, path, sizeof(path) - 1);

	NEED(length > 0);
	path[length] = 0;
	if (length > (ssize_t)sizeof(gone) && !strcmp(path + length - sizeof(gone) + 1, gone))
		path[length - sizeof(gone) + 1] = 0;
	return strdup(path);
}

struct row row(const char *op, const char *kind)
{
	struct row row = {
		.op = op, .kind = kind, .via = "syscall", .created = -1, .argv_is_cut = -1
	};

	row.pid = getpid();
	row.tid = syscall(SYS_gettid);
	return row;
}

/* --- JSON ----------------------------------------------------------------------------------------------------- */

static char line[65536];
static size_t length;

static void put(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	length += vsnprintf(line + length, sizeof(line) - length, format, arguments);
	va_end(arguments);
	NEED(length < sizeof(line));
}

static void put_bytes(const char *name, const char *bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t count = bytes ? strlen(bytes) : 0;

	if (!bytes) {
		put(",\"%s\":null", name);
		return;
	}
	put(",\"%s\":\"", name);
	for (size_t i = 0; i < count; i += 3) {
		size_t left = count - i;
		unsigned int group = (unsigned char)bytes[i] << 16;

		group |= left > 1 ? (unsigned char)bytes[i + 1] << 8 : 0;
		group |= left > 2 ? (unsigned char)bytes[i + 2] : 0;
		put("%c%c%c%c", digits[group >> 18], digits[group >> 12 & 63],
		    left > 1 ? digits[group >> 6 & 63] : '=', left > 2 ? digits[group & 63] : '=');
	}
	put("\"");
}

static void put_word(const char *name, const char *word)
{
	if (word)
		put(",\"%s\":\"%s\"", name, word);
	else
		put(",\"%s\":null", name);
}

void saw(struct row row)
{
	length = 0;
	put("{\"pid\":%d,\"tid\":%d", row.pid, row.tid);
	put_word("op", row.op);
	put_word("kind", row.kind);
	put_word("via", row.via);
	put(",\"flags\":%llu,\"mode\":%llu", row.flags, row.mode);
	put_bytes("filename", row.name);
	put_bytes("target", row.target);
	put_bytes("path", row.path);
	put_bytes("target_path", row.target_path);
	put_word("resolution", row.resolution);
	put_word("root", row.root);
	put_bytes("comm", row.comm);
	put_word("needs", row.needs);
	if (row.opcode)
		put_word("opcode", row.opcode);
	if (row.argv_is_cut >= 0)
		put(",\"argv_truncated\":%s", row.argv_is_cut ? "true" : "false");
	if (row.any_number)
		put(",\"return\":\"any\"");
	else if (row.result == ABSENT)
		put(",\"return\":null");
	else
		put(",\"return\":%ld", row.result);
	put(",\"created\":%s}\n", row.created < 0 ? "null" : row.created ? "true" : "false");
	NEED(write(1, line, length) == (ssize_t)length);
}

void saw_kept_open(const char *kind, const char *name, unsigned long long flags,
		   unsigned long long mode, long result, bool created, const char *lexical)
{
	struct row open = row("open", kind);

	open.name = name;
	open.flags = flags;
	open.mode = mode;
	open.result = result;
	open.created = created;
	open.path = lexical;
	open.resolution = lexical ? "lexical" : NULL;
	if (result >= 0) {
		open.path = path_of(result);
		open.resolution = "file";
	}
	open.root = open.path ? "host" : NULL;
	saw(open);
}

void saw_open(const char *kind, const char *name, unsigned long long flags, unsigned long long mode,
	      long result, bool created, const char *lexical)
{
	saw_kept_open(kind, name, flags, mode, result, created, lexical);
	if (result >= 0)
		NEED(!close(result));
}

pid_t in_child(void (*what)(void))
{
	pid_t child = fork();
	int status;

	NEED(child >= 0);
	if (!child) {
		what();
		_exit(0);
	}
	NEED(waitpid(child, &status, 0) == child);
	errno = 0;
	if (status)
		fail("a child");
	return child;
}
