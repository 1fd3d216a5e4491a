/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For what needs more than one process or more than one cgroup: places are cgroups with a truth of their own, actors are
 * processes that prepare themselves outside and then step into one. All figures live in memory that the processes share.
 */
#ifndef WORKLOAD_STAGE_H
#define WORKLOAD_STAGE_H

#include "workload.h"

#include <semaphore.h>

struct place {
	const char *name;
	char path[4096];
	uint64_t id;
	int door; /* its cgroup.procs */
	enum ring_mode mode;
	struct place
		*also; /* whose figures cannot be told from these: they have one truth together */
	struct truth *truth;
};

struct actor {
	struct place *place;
	int ready, go;
	pid_t pid;
};

/* stage.c */
void open_stage(const struct options *opt);
struct place *new_place(const char *name);
struct actor act(struct place *place, void (*play)(struct actor *, void *), void *argument);
void step_in(struct actor *actor);
void wait_for(struct actor *actor);
void move_to(struct place *place);
void *shared(size_t size);
void own_folder(const char *name);
void settle(struct worker *w, struct place *place);
void close_stage(void);

/* scenes_processes.c: one small write, and a new file. */
void put_bytes(struct truth *t, const char *what, int fd);
int make_file(struct truth *t, const char *name);

/* scenes_*.c */
void scene_fork_storm(const struct options *opt);
void scene_duplicates(const struct options *opt);
void scene_passed_files(const struct options *opt);
void scene_moves(const struct options *opt);
void scene_moved_threads(const struct options *opt);
void scene_restless_threads(const struct options *opt);
void scene_shared_ring(const struct options *opt);
void scene_shared_sqpoll(const struct options *opt);
void scene_exits(const struct options *opt);
void scene_closed_meanwhile(const struct options *opt);
void scene_frozen(const struct options *opt);

#endif
