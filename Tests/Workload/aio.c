/* SPDX-License-Identifier: Apache-2.0 */
/* Linux AIO, the older of the two asynchronous ways. */
#define _GNU_SOURCE
#include "workload.h"

#include <linux/aio_abi.h>
#include <string.h>
#include <sys/uio.h>

#define REQUESTS 4

static aio_context_t context;

void prepare_aio(void)
{
	long result = raw(syscall(SYS_io_setup, REQUESTS, &context));

	if (result < 0)
		die("io_setup", result);
}

void do_aio(struct worker *w)
{
	struct iovec iov[2] = {
		{ w->buffer, random_size(w, 512) },
		{ w->buffer, random_size(w, 512) },
	};
	struct iocb blocks[REQUESTS], *list[REQUESTS];
	struct io_event events[REQUESTS];
	long result;

	memset(blocks, 0, sizeof(blocks));
	for (int i = 0; i < REQUESTS; i++) {
		blocks[i].aio_lio_opcode = i == 0 ? IOCB_CMD_PWRITEV : IOCB_CMD_PWRITE;
		blocks[i].aio_fildes = (uint32_t)w->data;
		blocks[i].aio_buf = i == 0 ? (uintptr_t)iov : (uintptr_t)w->buffer;
		blocks[i].aio_nbytes = i == 0 ? 2 : random_size(w, 4096);
		blocks[i].aio_offset = i * 8192;
		list[i] = &blocks[i];
	}
	/* The last one fails, and that shows in its event, not in the call. */
	blocks[REQUESTS - 1].aio_offset = FILE_LIMIT;

	result = raw(syscall(SYS_io_submit, context, REQUESTS, list));
	if (result != REQUESTS)
		die("io_submit", result);
	result = raw(syscall(SYS_io_getevents, context, REQUESTS, REQUESTS, events, NULL));
	if (result != REQUESTS)
		die("io_getevents", result);
	for (int i = 0; i < REQUESTS; i++) {
		bool last = events[i].obj == (uintptr_t)&blocks[REQUESTS - 1];

		saw_write(&w->truth, "AIO", events[i].res, last ? -EFBIG : FINE);
	}
}
