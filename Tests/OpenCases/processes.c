// SPDX-License-Identifier: Apache-2.0
/* Processes that come, execute programs and go; and those that come from them. */
#include "cases.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void saw_fork(pid_t child)
{
	struct row made = row("fork", "clone");

	made.result = child;
	saw(made);
}

static void saw_exit(pid_t pid, long result)
{
	struct row ended = row("exit", "exit");

	ended.pid = pid;
	ended.tid = pid;
	ended.result = result;
	saw(ended);
}

static pid_t child_of(void (*what)(void))
{
	pid_t child = fork();

	NEED(child >= 0);
	if (!child) {
		what();
		_exit(7);
	}
	saw_fork(child);
	return child;
}

static void is_killed(void)
{
	raise(SIGKILL);
}

static void nothing(void)
{
}

static void fails_to_execute(void)
{
	char *arguments[] = { "nothing", NULL };
	struct row tried = row("exec", "execve");

	execve("./nothing", arguments, environ);
	NEED(errno == ENOENT);
	tried.name = "./nothing";
	tried.result = -ENOENT;
	tried.path = in_folder("nothing");
	tried.resolution = "lexical";
	tried.root = "host";
	saw(tried);
}

static void saw_exec(const char *kind, const char *name, const char *path, const char *resolution,
		     bool argv_is_cut)
{
	struct row done = row("exec", kind);

	done.name = name;
	done.path = path;
	done.resolution = resolution;
	done.root = "host";
	done.argv_is_cut = argv_is_cut;
	saw(done);
}

static void executes_itself(void)
{
	char *arguments[] = { "open-cases", "--nothing", NULL };

	saw_exec("execve", "./program", in_folder("program"), "file", false);
	execve("./program", arguments, environ);
	fail("execve");
}

/* Of the arguments 4096 bytes are told, each with its NUL. */
static void executes_itself_with(size_t length)
{
	char *arguments[] = { "open-cases", NULL, "--nothing", NULL };

	NEED((arguments[1] = calloc(1, length + 1)));
	memset(arguments[1], 'x', length);
	saw_exec("execve", "./program", in_folder("program"), "file",
		 sizeof("open-cases") + sizeof("--nothing") + length + 1 > 4096);
	execve("./program", arguments, environ);
	fail("execve");
}

#define FITTING (4096 - sizeof("open-cases") - sizeof("--nothing") - 1)

static void executes_itself_with_just_all(void)
{
	executes_itself_with(FITTING);
}

static void executes_itself_with_too_much(void)
{
	executes_itself_with(FITTING + 1);
}

static void executes_a_script(void)
{
	char *arguments[] = { "script", "--nothing", NULL };

	saw_exec("execve", "./script", in_folder("script"), "lexical", false);
	execve("./script", arguments, environ);
	fail("execve");
}

static void executes_a_descriptor(void)
{
	char *arguments[] = { "open-cases", "--nothing", NULL };
	int program = open("program", O_PATH | O_CLOEXEC);

	saw_exec("execveat", text("/dev/fd/%d", program), in_folder("program"), "file", false);
	syscall(SYS_execveat, program, "", arguments, environ, AT_EMPTY_PATH);
	fail("execveat");
}

static void has_a_child(void)
{
	pid_t child = child_of(nothing);

	NEED(waitpid(child, NULL, 0) == child);
	saw_exit(child, 7);
}

static void run(void (*what)(void), long end)
{
	pid_t child = child_of(what);

	NEED(waitpid(child, NULL, 0) == child);
	saw_exit(child, end);
}

void process_cases(void)
{
	int script = open("script", O_WRONLY | O_CREAT, 0755);

	dprintf(script, "#!%s/program\n", folder);
	close(script);
	run(nothing, 7);
	run(is_killed, -SIGKILL);
	run(fails_to_execute, 7);
	run(executes_itself, 0);
	run(executes_itself_with_just_all, 0);
	run(executes_itself_with_too_much, 0);
	run(executes_a_script, 0);
	run(executes_a_descriptor, 0);
	run(has_a_child, 7);
}
