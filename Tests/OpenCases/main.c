// SPDX-License-Identifier: Apache-2.0
/*
 * open-cases FOLDER opens|rings|operations|processes: does in the folder, which must be empty, what the word says, and prints for
 * each the row that a trace of it must have: one JSON object a line, file names in base64. Between the marks `begin` and `end`,
 * which it tries to open and which are not there, it does nothing else. A result that it does not expect ends it.
 */
#include "cases.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make(const char *name, const char *content)
{
	int file = open(name, O_WRONLY | O_CREAT, 0644);

	NEED(file >= 0 && write(file, content, strlen(content)) == (ssize_t)strlen(content));
	NEED(!close(file));
}

/* This program again, in the folder; a link need not be on the same file system. */
static void copy(const char *from, const char *to)
{
	static char bytes[1 << 16];
	int source = open(from, O_RDONLY), target = open(to, O_WRONLY | O_CREAT, 0755);
	ssize_t length;

	NEED(source >= 0 && target >= 0);
	while ((length = read(source, bytes, sizeof(bytes))) > 0)
		NEED(write(target, bytes, length) == length);
	NEED(!length && !close(source) && !close(target));
}

static void mark(const char *name)
{
	NEED(openat(AT_FDCWD, name, O_RDONLY) < 0);
	NEED(unlink(name) < 0);
}

int main(int count, char **arguments)
{
	static const struct {
		const char *word;
		void (*cases)(void);
	} groups[] = {
		{ "opens", open_cases },
		{ "rings", ring_cases },
		{ "operations", operation_cases },
		{ "processes", process_cases },
	};

	/* Executed by itself, perhaps as the interpreter of a script. */
	if (count >= 2 && !strcmp(arguments[count - 1], "--nothing"))
		return 0;
	if (count != 3) {
		fprintf(stderr, "usage: open-cases FOLDER opens|rings|operations|processes\n");
		return 2;
	}
	NEED(!chdir(arguments[1]));
	folder = getcwd(NULL, 0);
	NEED(folder && !mkdir("directory", 0755) && !mkdir("mountpoint", 0755));
	make("existing", "what is in it");
	make("directory/below", "");
	NEED(!symlink("existing", "link"));
	umask(0);
	for (unsigned int i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		if (strcmp(groups[i].word, arguments[2]))
			continue;
		if (groups[i].cases == process_cases)
			copy("/proc/self/exe", "program");
		mark("begin");
		groups[i].cases();
		mark("end");
		return 0;
	}
	fprintf(stderr, "open-cases: there are no cases '%s'\n", arguments[2]);
	return 2;
}
