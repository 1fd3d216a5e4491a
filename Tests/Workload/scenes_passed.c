/* SPDX-License-Identifier: Apache-2.0 */
/* A file that one process opened and another one writes to, having been handed it or having taken it. */
#define _GNU_SOURCE
#include "stage.h"

#include <string.h>
#include <sys/socket.h>

struct parcel {
	int sockets[2];
	sem_t taken;
	pid_t giver;
	int fd;
};

static void send_file(int socket, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 'f';
	struct iovec one = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &one,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(socket, &message, 0) != 1)
		die("sendmsg", -errno);
}

static int receive_file(int socket)
{
	char room[CMSG_SPACE(sizeof(int))], byte;
	struct iovec one = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &one,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room),
	};
	int fd;

	if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message))
		die("recvmsg", -errno);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static void play_giver(struct actor *actor, void *argument)
{
	struct truth *t = actor->place->truth;
	struct parcel *parcel = argument;

	own_folder("passed");
	step_in(actor);
	parcel->giver = getpid();
	parcel->fd = make_file(t, "file");
	put_bytes(t, "write of the giver", parcel->fd);
	send_file(parcel->sockets[0], parcel->fd);
	put_bytes(t, "another write of the giver", parcel->fd);
	sem_wait(&parcel->taken);
}

/* It never opened the file, and it is the one who writes. */
static void play_taker(struct actor *actor, void *argument)
{
	struct truth *t = actor->place->truth;
	struct parcel *parcel = argument;
	int fd, process, fetched;

	step_in(actor);
	fd = receive_file(parcel->sockets[1]);
	for (int i = 0; i < 10; i++)
		put_bytes(t, "write of the taker", fd);
	saw_op(t, OP_TRUNCATE, "ftruncate of the taker", raw(syscall(SYS_ftruncate, fd, 7L)));
	process = (int)syscall(SYS_pidfd_open, parcel->giver, 0);
	fetched = (int)syscall(SYS_pidfd_getfd, process, parcel->fd, 0);
	if (fetched < 0)
		skip(t, "pidfd_getfd");
	else
		put_bytes(t, "write to a fetched file", fetched);
	sem_post(&parcel->taken);
}

void scene_passed_files(const struct options *opt)
{
	struct parcel *parcel = shared(sizeof(*parcel));
	struct actor taker, giver;

	(void)opt;
	sem_init(&parcel->taken, 1, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, parcel->sockets))
		die("socketpair", -errno);
	taker = act(new_place("taker"), play_taker, parcel);
	giver = act(new_place("giver"), play_giver, parcel);
	wait_for(&taker);
	wait_for(&giver);
	close(parcel->sockets[0]);
	close(parcel->sockets[1]);
}
