/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libsystemd says of every process there is: a JSON array with one object each. What it has no answer to is null.
 *
 * Processes that came from outside of the cgroup namespace are left out, and those that moved or ended meanwhile.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>

static const char hierarchy[] = "/sys/fs/cgroup";

static _Noreturn void die(const char *what, int error)
{
	fprintf(stderr, "login-names: %s: %s\n", what, strerror(error));
	exit(1);
}

/* The unified hierarchy's line of /proc/PID/cgroup, without its end of line; null when the process is gone. */
static char *cgroup_of(pid_t pid)
{
	char name[64], *line = NULL, *path = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *file;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", pid);
	file = fopen(name, "re");
	if (!file)
		return NULL;
	while (!path && (length = getline(&line, &size, file)) > 0) {
		if (strncmp(line, "0::", 3))
			continue;
		line[length - 1] = '\0';
		path = strdup(line + 3);
	}
	free(line);
	fclose(file);
	return path;
}

static void print_text(const char *name, const char *value)
{
	printf(",\"%s\":", name);
	if (!value) {
		printf("null");
		return;
	}
	putchar('"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			putchar('\\');
		putchar(*value);
	}
	putchar('"');
}

/* ENXIO and ENODATA: there is nothing of this kind. */
static bool answered(const char *name, int result)
{
	if (result < 0 && result != -ENXIO && result != -ENODATA)
		die(name, -result);
	return result >= 0;
}

static void print_answer(pid_t pid, const char *name, int (*ask)(pid_t, char **))
{
	char *answer = NULL;
	int result = ask(pid, &answer);

	print_text(name, answered(name, result) ? answer : NULL);
	free(answer);
}

static void print_process(pid_t pid, const char *path, unsigned long long cgroup)
{
	uid_t owner;

	printf("{\"pid\":%d,\"cgroup_id\":%llu", pid, cgroup);
	print_text("path", path);
	print_answer(pid, "unit", sd_pid_get_unit);
	print_answer(pid, "slice", sd_pid_get_slice);
	print_answer(pid, "user_unit", sd_pid_get_user_unit);
	print_answer(pid, "user_slice", sd_pid_get_user_slice);
	if (answered("owner_uid", sd_pid_get_owner_uid(pid, &owner)))
		printf(",\"owner_uid\":%u}", owner);
	else
		printf(",\"owner_uid\":null}");
}

static bool is_living(pid_t pid, const char *path, struct stat *status)
{
	char *folder;
	bool found;

	if (!strncmp(path, "/..", 3))
		return false;
	if (asprintf(&folder, "%s%s", hierarchy, path) < 0)
		die("asprintf", ENOMEM);
	found = !stat(folder, status);
	free(folder);
	/* Kernel threads of the host are in no namespace of ours; a zombie's cgroup may be gone. */
	return found && pid > 0;
}

int main(void)
{
	DIR *processes = opendir("/proc");
	const char *comma = "";
	struct dirent *entry;

	if (!processes)
		die("/proc", errno);
	printf("[");
	while ((entry = readdir(processes))) {
		struct stat status;
		char *path;
		pid_t pid;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		pid = atoi(entry->d_name);
		path = cgroup_of(pid);
		if (path && is_living(pid, path, &status)) {
			printf("%s", comma);
			print_process(pid, path, status.st_ino);
			comma = ",\n";
		}
		free(path);
	}
	closedir(processes);
	printf("]\n");
	return 0;
}
