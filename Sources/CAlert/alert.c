// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CAlert.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static int send_message(int socket, struct msghdr *message)
{
	while (sendmsg(socket, message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

static int fill(int file, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(file, bytes, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes += written;
		size -= (size_t)written;
	}
	/* The journal takes only what nobody can change any more. */
	return fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

/* The descriptor alone, in a message without bytes. */
static int send_file(int socket, struct msghdr *message, const void *bytes, size_t size)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct cmsghdr *header;
	int result, file = memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (file < 0)
		return errno;
	if (fill(file, bytes, size)) {
		result = errno;
		close(file);
		return result;
	}
	memset(&control, 0, sizeof(control));
	message->msg_iov = NULL;
	message->msg_iovlen = 0;
	message->msg_control = &control;
	message->msg_controllen = sizeof(control);
	header = CMSG_FIRSTHDR(message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &file, sizeof(int));
	result = send_message(socket, message);
	close(file);
	return result;
}

int calert_send_entry(int socket, const char *path, const void *bytes, size_t size)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct iovec part = { .iov_base = (void *)bytes, .iov_len = size };
	struct msghdr message = {
		.msg_name = &address,
		.msg_namelen = sizeof(address),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	int result;

	if (strlen(path) >= sizeof(address.sun_path))
		return ENAMETOOLONG;
	strcpy(address.sun_path, path);
	result = send_message(socket, &message);
	if (result == EMSGSIZE || result == ENOBUFS)
		return send_file(socket, &message, bytes, size);
	return result;
}

int calert_pipe(int *ends)
{
	return pipe2(ends, O_CLOEXEC);
}

static int prepare(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, int input,
		   int said)
{
	sigset_t signals;
	int error;

	sigemptyset(&signals);
	posix_spawnattr_setsigmask(attributes, &signals);
	sigfillset(&signals);
	posix_spawnattr_setsigdefault(attributes, &signals);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETSID);
	error = posix_spawn_file_actions_adddup2(actions, input, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(actions, 1, "/dev/null", O_WRONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(actions, said, 2);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
	return error;
}

int calert_start(char *const *arguments, char *const *environment, int input, int said, int *pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawnattr_init(&attributes);
	if (error) {
		posix_spawn_file_actions_destroy(&actions);
		return error;
	}
	/* Fails where there are none (before 4.3). */
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	error = prepare(&actions, &attributes, input, said);
	if (!error)
		error = posix_spawnp(pid, arguments[0], &actions, &attributes, arguments,
				     environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return error;
}

int calert_open_process(int pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0);
#else
	/* The same number on all architectures. */
	return (int)syscall(434, pid, 0);
#endif
}
