/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything there is, each part in cgroups of its own. What each counter is fed by, and where:
 *
 *   opens, path_opens, open_failures   open, creat, openat, openat2, open_by_handle_at (opens.c); OPENAT, OPENAT2 with
 *                                      common and direct descriptors (ring_cases.c, ring_edges.c)
 *   creates                            O_CREAT on what is new, O_TMPFILE (opens.c); mknod and mknodat of a regular file
 *                                      (names.c); OPENAT, OPENAT2 (ring_cases.c, ring_edges.c)
 *   writes, write_failures             write, pwrite64, writev, pwritev, pwritev2, sendfile, splice, copy_file_range
 *                                      (writes.c), a full file system (do_small); io_submit (aio.c); WRITE, WRITEV,
 *                                      WRITE_FIXED, WRITEV_FIXED, SPLICE, registered files (ring_cases.c), chains and
 *                                      drains (ring_edges.c), IOPOLL (ring_others.c)
 *   deletes, renames                   unlink, unlinkat, rmdir, rename, renameat, renameat2 and EXCHANGE (names.c);
 *                                      UNLINKAT, RENAMEAT (ring_names.c)
 *   mkdirs, symlinks, links            both calls of each, linkat of an O_TMPFILE in both ways (names.c); MKDIRAT,
 *                                      SYMLINKAT, LINKAT (ring_names.c)
 *   mknods                             mknod, mknodat of pipes, sockets and devices (names.c)
 *   truncates, allocates               truncate (names.c), ftruncate, fallocate, holes (whole.c); FTRUNCATE, FALLOCATE
 *                                      (ring_names.c)
 *   syncs                              fsync, fdatasync, sync_file_range, msync (whole.c); FSYNC, SYNC_FILE_RANGE
 *                                      (ring_names.c)
 *   shared_maps, device_writes         mmap, a loop device (whole.c); WRITE to it (ring_names.c)
 *   pseudo                             /proc, /sys, memfd (opens.c, negatives.c, ring_others.c)
 *   nothing at all                     pipes, sockets, terminals, /dev/null, eventfd (negatives.c); private, read-only and
 *                                      anonymous maps (whole.c); READ, multishot POLL_ADD, ACCEPT, RECV, READ, and what is
 *                                      spliced out of a file (ring_others.c)
 *   a failure, or declared             cancelled and broken chains, skipped and overflowing completions (ring_ends.c)
 *
 * Each io_uring part runs on four kinds of ring: as the kernel likes it, by workers alone (IOSQE_ASYNC), SQPOLL, and
 * DEFER_TASKRUN. The scenes are about who did it and when: see scenes_*.c.
 */
#define _GNU_SOURCE
#include "stage.h"

#include <liburing.h>

struct part {
	const char *name;
	enum ring_mode mode;
	bool rare; /* others and ends instead of all the rest: the two do not go together on one ring */
};

static const struct part parts[] = {
	{ "calls", RING_NONE, false },	    { "plain", RING_PLAIN, false },
	{ "async", RING_ASYNC, false },	    { "sqpoll", RING_SQPOLL, false },
	{ "defer", RING_DEFER, false },	    { "plain-rare", RING_PLAIN, true },
	{ "async-rare", RING_ASYNC, true }, { "sqpoll-rare", RING_SQPOLL, true },
	{ "defer-rare", RING_DEFER, true },
};

static void (*const scenes[])(const struct options *) = {
	scene_fork_storm,    scene_duplicates,	     scene_passed_files, scene_moves,
	scene_moved_threads, scene_restless_threads, scene_shared_ring,	 scene_shared_sqpoll,
	scene_exits,	     scene_closed_meanwhile, scene_frozen,
};

static const struct options *options;

static void enter(void *actor, struct truth *sum)
{
	(void)sum;
	step_in(actor);
}

/* The process ends where it is. */
static void leave(void *actor)
{
	(void)actor;
}

static void play_part(struct actor *actor, void *argument)
{
	const struct part *part = argument;
	struct options own = *options;

	own.ring = part->mode;
	own.threads = part->rare ? 1 : 2;
	own.syscalls = own.names = !part->rare;
	own.aio &= !part->rare;
	own.edges &= !part->rare;
	own.others &= part->rare;
	own.ends &= part->rare;
	own_folder(part->name);
	work_alone(&own, actor->place->truth, enter, leave, actor);
}

static bool is_possible(const struct part *part)
{
	struct io_uring ring;
	unsigned int flags = part->mode == RING_DEFER
				     ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
				     : 0;

	if (part->mode == RING_NONE)
		return true;
	if (io_uring_queue_init(4, &ring, flags))
		return false;
	io_uring_queue_exit(&ring);
	return true;
}

int suite(const struct options *opt)
{
	options = opt;
	open_stage(opt);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct place *place = new_place(parts[i].name);
		struct actor actor;

		place->mode = parts[i].mode;
		if (!is_possible(&parts[i])) {
			skip(place->truth, "a ring of this kind");
			continue;
		}
		actor = act(place, play_part, (void *)&parts[i]);
		wait_for(&actor);
	}
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		scenes[i](opt);
	close_stage();
	return 0;
}
