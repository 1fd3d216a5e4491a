/* SPDX-License-Identifier: Apache-2.0 */
/* Operations by Linux AIO. */
#define _GNU_SOURCE
#include "selftest.h"

#include <linux/aio_abi.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `argument` is the command of the one request. */
int do_aio(const char *directory, const struct how *how)
{
	aio_context_t context = 0;
	struct iocb request = { .aio_lio_opcode = how->argument, .aio_fildes = files.target };
	struct iocb *list = &request;
	struct io_event event = { 0 };
	int result;

	(void)directory;
	if (how->argument == IOCB_CMD_PWRITE) {
		request.aio_buf = (uintptr_t)files.buffer;
		request.aio_nbytes = AMOUNT;
	} else if (how->argument == IOCB_CMD_PWRITEV) {
		request.aio_buf = (uintptr_t)files.parts;
		request.aio_nbytes = 2;
	}
	result = raw(syscall(SYS_io_setup, 1, &context));
	if (result < 0)
		return result;
	result = raw(syscall(SYS_io_submit, context, 1L, &list));
	if (result == 1)
		result = raw(syscall(SYS_io_getevents, context, 1L, 1L, &event, NULL));
	syscall(SYS_io_destroy, context);
	if (result < 0)
		return result;
	return request.aio_nbytes ? written(event.res) : (int)event.res;
}
