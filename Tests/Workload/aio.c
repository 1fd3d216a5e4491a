/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux AIO, the older of the two asynchronous ways: buffered and direct, writes among reads and syncs, long lists, lists
 * of which the kernel takes only the beginning, and results that another thread takes while they are submitted.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#define REQUESTS 4
#define LONG	 200

static aio_context_t context;

void prepare_aio(void)
{
	long result = raw(syscall(SYS_io_setup, LONG, &context));

	if (result < 0)
		die("io_setup", result);
}

static void fill(struct iocb *block, int opcode, int descriptor, void *data, size_t size,
		 off_t offset)
{
	*block = (struct iocb){
		.aio_lio_opcode = opcode,
		.aio_fildes = descriptor,
		.aio_buf = (uintptr_t)data,
		.aio_nbytes = size,
		.aio_offset = offset,
	};
}

static void submit(struct iocb **list, long count, long expected)
{
	long result = raw(syscall(SYS_io_submit, context, count, list));

	if (result != expected)
		die("io_submit", result);
}

static void reap(struct io_event *events, long count, bool by_pgetevents)
{
	long result =
		by_pgetevents
			? raw(syscall(SYS_io_pgetevents, context, count, count, events, NULL, NULL))
			: raw(syscall(SYS_io_getevents, context, count, count, events, NULL));

	if (result != count)
		die("io_getevents", result);
}

/* A vectored write, a plain one, one that fails (which shows in its event, not in the call), a read and two syncs. */
static void do_mixed(struct worker *w, unsigned int round)
{
	struct iovec iov[2] = {
		{ w->buffer, random_size(w, 512) },
		{ w->buffer, random_size(w, 512) },
	};
	struct iocb blocks[REQUESTS + 2], *list[REQUESTS + 2];
	struct io_event events[REQUESTS + 2];
	char read_into[64];

	fill(&blocks[0], IOCB_CMD_PWRITEV, w->data, iov, 2, 0);
	fill(&blocks[1], IOCB_CMD_PWRITE, w->data, w->buffer, random_size(w, 4096), 8192);
	fill(&blocks[2], IOCB_CMD_PWRITE, w->data, w->buffer, random_size(w, 4096), FILE_LIMIT);
	fill(&blocks[3], IOCB_CMD_PREAD, w->data, read_into, sizeof(read_into), 0);
	fill(&blocks[4], IOCB_CMD_FSYNC, w->data, NULL, 0, 0);
	fill(&blocks[5], IOCB_CMD_FDSYNC, w->data, NULL, 0, 0);
	for (int i = 0; i < REQUESTS + 2; i++)
		list[i] = &blocks[i];
	submit(list, REQUESTS + 2, REQUESTS + 2);
	reap(events, REQUESTS + 2, round % 2);
	for (int i = 0; i < REQUESTS + 2; i++) {
		long number = (struct iocb *)(uintptr_t)events[i].obj - blocks;

		if (number < 3)
			saw_write(&w->truth, "AIO", events[i].res, number == 2 ? -EFBIG : FINE);
		else if (number > 3)
			saw_op(&w->truth, OP_SYNC, "AIO sync", events[i].res);
	}
}

/* More than a program looks at in one go where the kernel has no loops for it: what is left is looked at when the call ends. */
static void do_long(struct worker *w)
{
	static struct iocb blocks[LONG], *list[LONG];
	static struct io_event events[LONG];

	for (int i = 0; i < LONG; i++) {
		fill(&blocks[i], IOCB_CMD_PWRITE, w->data, w->buffer, 100, i * 100);
		list[i] = &blocks[i];
	}
	submit(list, LONG, LONG);
	for (int begin = 0; begin < LONG; begin += LONG / 2)
		reap(events + begin, LONG / 2, false);
	for (int i = 0; i < LONG; i++)
		saw_write(&w->truth, "AIO", events[i].res, FINE);
}

/* The second is for a descriptor that is not open: the kernel takes the first and no more. */
static void do_partly(struct worker *w)
{
	struct iocb blocks[3], *list[3] = { &blocks[0], &blocks[1], &blocks[2] };
	struct io_event event;

	fill(&blocks[0], IOCB_CMD_PWRITE, w->data, w->buffer, 10, 0);
	fill(&blocks[1], IOCB_CMD_PWRITE, 4000000, w->buffer, 10, 0);
	fill(&blocks[2], IOCB_CMD_PWRITE, w->data, w->buffer, 10, 0);
	submit(list, 3, 1);
	reap(&event, 1, false);
	saw_write(&w->truth, "AIO", event.res, FINE);
	/* One of those not taken, as a read this time: what was remembered of it must be forgotten. */
	fill(&blocks[2], IOCB_CMD_PREAD, w->data, w->buffer, 10, 0);
	submit(&list[2], 1, 1);
	reap(&event, 1, false);
}

static void *take(void *events)
{
	reap(events, REQUESTS, false);
	return NULL;
}

/* Another thread waits for the results: it may have them before io_submit returns. */
static void do_apart(struct worker *w)
{
	struct iocb blocks[REQUESTS], *list[REQUESTS];
	struct io_event events[REQUESTS];
	pthread_t other;

	if (pthread_create(&other, NULL, take, events))
		die("pthread_create", -EAGAIN);
	for (int i = 0; i < REQUESTS; i++) {
		fill(&blocks[i], IOCB_CMD_PWRITE, w->data, w->buffer, random_size(w, 4096), 0);
		list[i] = &blocks[i];
	}
	submit(list, REQUESTS, REQUESTS);
	pthread_join(other, NULL);
	for (int i = 0; i < REQUESTS; i++)
		saw_write(&w->truth, "AIO", events[i].res, FINE);
}

/* Past the page cache it is asynchronous indeed. */
static void do_direct(struct worker *w)
{
	struct iocb blocks[REQUESTS], *list[REQUESTS];
	struct io_event events[REQUESTS];

	if (w->direct < 0)
		return;
	for (int i = 0; i < REQUESTS; i++) {
		fill(&blocks[i], IOCB_CMD_PWRITE, w->direct, w->buffer, 4096, i * 4096);
		list[i] = &blocks[i];
	}
	submit(list, REQUESTS, REQUESTS);
	reap(events, REQUESTS, false);
	for (int i = 0; i < REQUESTS; i++)
		saw_write(&w->truth, "direct AIO", events[i].res, FINE);
}

/* Nobody takes these results, so nobody can tell them. */
void do_aio_ends(struct worker *w)
{
	struct iocb blocks[2], *list[2] = { &blocks[0], &blocks[1] };
	aio_context_t kept = context;
	long result;

	context = 0;
	result = raw(syscall(SYS_io_setup, 2, &context));
	if (result < 0)
		die("io_setup", result);
	fill(&blocks[0], IOCB_CMD_PWRITE, w->data, w->buffer, 10, 0);
	fill(&blocks[1], IOCB_CMD_FSYNC, w->data, NULL, 0, 0);
	submit(list, 2, 2);
	syscall(SYS_io_destroy, context);
	context = kept;
	w->truth.unseen += 2;
}

void do_aio(struct worker *w, unsigned int round)
{
	do_mixed(w, round);
	do_long(w);
	do_partly(w);
	do_apart(w);
	do_direct(w);
}
