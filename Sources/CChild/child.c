// SPDX-License-Identifier: Apache-2.0
/*
 * The child is made of a process with many threads, of which it has only the one that made it: until it is the program it
 * may call nothing that takes a lock or memory. That rules out setresuid(3) and its like, too, which would wait for
 * threads that are not there; so those are raw system calls.
 */
#define _GNU_SOURCE
#include "CChild.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct report {
	enum cchild_step step;
	int error;
};

/* As execvp(3) tells whether another directory of PATH may have it. */
static int may_be_elsewhere(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES || error == ESTALE ||
	       error == ENODEV || error == ETIMEDOUT || error == ELOOP || error == ENAMETOOLONG;
}

/*
 * Tries the paths in turn. Those that cannot be it are found by looking: a trace of what is executed has the one that is.
 */
static struct report execute(const struct cchild_plan *plan)
{
	struct report report = { CCHILD_FIND, ENOENT };

	for (const char *const *path = plan->paths; *path; path++) {
		struct stat status;

		if (stat(*path, &status)) {
			if (errno == EACCES)
				report = (struct report){ CCHILD_EXECUTE, EACCES };
			else if (report.error == ENOENT)
				report.error = errno;
			continue;
		}
		if (!S_ISREG(status.st_mode) || access(*path, X_OK)) {
			report.step = CCHILD_EXECUTE;
			report.error = S_ISDIR(status.st_mode) ? EISDIR : EACCES;
			continue;
		}
		execve(*path, plan->arguments, plan->environment);
		if (errno == ENOEXEC) {
			plan->shell_arguments[1] = (char *)*path;
			execve(plan->shell_arguments[0], plan->shell_arguments, plan->environment);
		}
		report.step = errno == ENOENT ? CCHILD_INTERPRETER : CCHILD_EXECUTE;
		report.error = errno;
		if (!may_be_elsewhere(errno))
			return report;
	}
	return report;
}

static void take_signals(const struct cchild_plan *plan)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	for (int number = 1; number <= 64; number++) {
		int is_ignored = plan->ignored >> (number - 1) & 1;

		action.sa_handler = is_ignored ? SIG_IGN : SIG_DFL;
		/* Fails for the two that cannot be set, and for the C library's own. */
		sigaction(number, &action, NULL);
	}
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &plan->blocked, NULL, sizeof(plan->blocked));
}

static struct report become(const struct cchild_plan *plan, int is_in_cgroup)
{
	if (plan->cgroup_processes >= 0 && !is_in_cgroup &&
	    write(plan->cgroup_processes, "0", 1) != 1)
		return (struct report){ CCHILD_CGROUP, errno };
	if (plan->changes_user) {
		if (syscall(SYS_setgroups, plan->group_count, plan->groups))
			return (struct report){ CCHILD_GROUPS, errno };
		if (syscall(SYS_setresgid, plan->group, plan->group, plan->group))
			return (struct report){ CCHILD_GROUP, errno };
		if (syscall(SYS_setresuid, plan->user, plan->user, plan->user))
			return (struct report){ CCHILD_USER, errno };
	}
	take_signals(plan);
	return execute(plan);
}

/*
 * fork(2), into the cgroup if the kernel does that at once (5.7). A filter of system calls may hide clone3 as if it were
 * unknown or forbidden; an older kernel does not know the flag or the size.
 */
static pid_t divide(int cgroup, int *is_in_cgroup)
{
	struct clone_args how;
	pid_t pid;

	*is_in_cgroup = 0;
	if (cgroup >= 0) {
		memset(&how, 0, sizeof(how));
		how.flags = CLONE_INTO_CGROUP;
		how.exit_signal = SIGCHLD;
		how.cgroup = (uint64_t)cgroup;
		pid = syscall(SYS_clone3, &how, sizeof(how));
		if (pid >= 0 ||
		    (errno != ENOSYS && errno != EPERM && errno != EINVAL && errno != E2BIG)) {
			*is_in_cgroup = 1;
			return pid;
		}
	}
	return fork();
}

struct cchild_outcome cchild_start(const struct cchild_plan *plan)
{
	struct report report = { CCHILD_DONE, 0 };
	sigset_t all, before;
	int ends[2], is_in_cgroup, error;
	ssize_t got;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return (struct cchild_outcome){ -1, CCHILD_PIPE, errno };
	/* No handler of ours may run in the child: it would speak for the parent. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = divide(plan->cgroup, &is_in_cgroup);
	error = errno;
	if (pid == 0) {
		report = become(plan, is_in_cgroup);
		got = write(ends[1], &report, sizeof(report));
		_exit(got == sizeof(report) ? 127 : 126);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return (struct cchild_outcome){ -1, is_in_cgroup ? CCHILD_CGROUP : CCHILD_FORK,
						error };
	}
	/* Nothing comes when the program has begun, or the child was killed on its way: that is told by its end. */
	while ((got = read(ends[0], &report, sizeof(report))) < 0 && errno == EINTR)
		;
	close(ends[0]);
	if (got == sizeof(report)) {
		cchild_reap(pid);
		return (struct cchild_outcome){ -1, report.step, report.error };
	}
	return (struct cchild_outcome){ pid, CCHILD_DONE, 0 };
}

int cchild_wait(pid_t pid, int *code, int *signal)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT))
		if (errno != EINTR)
			return -1;
	*code = info.si_code == CLD_EXITED ? info.si_status : 0;
	*signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	return 0;
}

void cchild_reap(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
