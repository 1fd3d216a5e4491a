/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define ENTRIES 8
/* Milliseconds after which an SQPOLL thread sleeps. */
#define IDLE	100

static void *map(const struct ring *ring, uint64_t size, off_t what)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->descriptor,
		    what);
}

/* Both rings are one mapping since 5.4, so the longer of the two is mapped. */
static int map_ring(struct ring *ring, const struct io_uring_params *params)
{
	uint64_t submissions = params->sq_off.array + params->sq_entries * sizeof(uint32_t);
	uint64_t completions =
		params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	char *base;

	if (!(params->features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	base = map(ring, submissions > completions ? submissions : completions, IORING_OFF_SQ_RING);
	if (base == MAP_FAILED)
		return -errno;
	ring->requests =
		map(ring, params->sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (ring->requests == MAP_FAILED)
		return -errno;
	ring->submission_tail = (uint32_t *)(base + params->sq_off.tail);
	ring->submission_mask = (uint32_t *)(base + params->sq_off.ring_mask);
	ring->submission_flags = (uint32_t *)(base + params->sq_off.flags);
	ring->submission_array = (uint32_t *)(base + params->sq_off.array);
	ring->completion_head = (uint32_t *)(base + params->cq_off.head);
	ring->completion_tail = (uint32_t *)(base + params->cq_off.tail);
	ring->completion_mask = (uint32_t *)(base + params->cq_off.ring_mask);
	ring->completions = (struct io_uring_cqe *)(base + params->cq_off.cqes);
	return 0;
}

static void find_operations(struct ring *ring)
{
	unsigned int most = sizeof(ring->takes) / sizeof(ring->takes[0]);
	struct io_uring_probe *probe =
		calloc(1, sizeof(*probe) + most * sizeof(struct io_uring_probe_op));

	if (!probe)
		return;
	if (!syscall(SYS_io_uring_register, ring->descriptor, IORING_REGISTER_PROBE, probe, most))
		for (unsigned int i = 0; i < probe->ops_len; i++)
			ring->takes[i] = probe->ops[i].flags & IO_URING_OP_SUPPORTED;
	free(probe);
}

void ring_make(struct ring *ring, uint32_t flags, void *buffer, uint32_t size)
{
	struct io_uring_params params = { .flags = flags, .sq_thread_idle = IDLE };
	struct iovec fixed = { buffer, size };
	int32_t nothing = -1;
	long made = syscall(SYS_io_uring_setup, ENTRIES, &params);

	if (made < 0) {
		ring->error = -errno;
		return;
	}
	ring->descriptor = (int)made;
	ring->sqpoll = flags & IORING_SETUP_SQPOLL;
	/* Before 5.11 such a thread takes registered files only. */
	if (ring->sqpoll && !(params.features & IORING_FEAT_SQPOLL_NONFIXED))
		ring->error = -EOPNOTSUPP;
	else
		ring->error = map_ring(ring, &params);
	if (!ring->error &&
	    syscall(SYS_io_uring_register, ring->descriptor, IORING_REGISTER_BUFFERS, &fixed, 1))
		ring->error = -errno;
	if (ring->error)
		return;
	/* One place for a direct descriptor; without it such an open fails by itself. */
	syscall(SYS_io_uring_register, ring->descriptor, IORING_REGISTER_FILES, &nothing, 1);
	find_operations(ring);
}

int ring_perform(struct ring *ring, const struct io_uring_sqe *request)
{
	uint32_t tail = *ring->submission_tail, place = tail & *ring->submission_mask;
	uint32_t head = *ring->completion_head, flags = IORING_ENTER_GETEVENTS;
	unsigned int submit = ring->sqpoll ? 0 : 1;
	int result;

	ring->requests[place] = *request;
	ring->submission_array[place] = place;
	__atomic_store_n(ring->submission_tail, tail + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* the thread must see the tail before it sleeps */
	if (ring->sqpoll &&
	    __atomic_load_n(ring->submission_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;

	while (__atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE) == head) {
		long entered =
			syscall(SYS_io_uring_enter, ring->descriptor, submit, 1, flags, NULL, 0);

		if (entered < 0 && errno != EINTR)
			return -errno;
		if (entered > 0)
			submit = 0;
	}
	result = ring->completions[head & *ring->completion_mask].res;
	__atomic_store_n(ring->completion_head, head + 1, __ATOMIC_RELEASE);
	return result;
}
