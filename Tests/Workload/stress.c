/* SPDX-License-Identifier: Apache-2.0 */
/* Many processes, each in a cgroup of its own, that do everything at once until the time is up. */
#define _GNU_SOURCE
#include "stage.h"

#include <dirent.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

static const char *const kept[] = {
	".", "..", "data", "append", "source", "exists", "link", "fifo", "polled", "direct",
};

struct stress {
	const struct options *opt;
	pthread_barrier_t begin;
	unsigned int number;
};

static bool is_kept(const char *name)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (!strcmp(name, kept[i]))
			return true;
	return false;
}

/* So that names are new again, and folders stay small; each removal is an operation, too. */
static void clean(struct worker *w)
{
	bool removed = true;
	DIR *folder = fdopendir(dup(w->dirfd));
	struct dirent *entry;

	if (!folder)
		die("fdopendir", -errno);
	while (removed) {
		removed = false;
		rewinddir(folder);
		while ((entry = readdir(folder))) {
			int flags = entry->d_type == DT_DIR ? AT_REMOVEDIR : 0;

			if (is_kept(entry->d_name))
				continue;
			saw_op(&w->truth, OP_DELETE, entry->d_name,
			       raw(syscall(SYS_unlinkat, w->dirfd, entry->d_name, flags)));
			removed = true;
		}
	}
	closedir(folder);
}

/* The child's figures go where all of this process's figures go in the end, and nobody else adds there meanwhile. */
static void fork_one(struct worker *w, struct place *place)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork", -errno);
	if (pid == 0) {
		memset(&w->truth, 0, sizeof(w->truth));
		do_writes(w, 0);
		do_opens(w, 1);
		settle(w, place);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("a child", status);
}

static void step(struct worker *w, struct place *place)
{
	bool ring = w->opt->ring != RING_NONE;

	switch (random_size(w, 10)) {
	case 1:
		do_opens(w, 0);
		break;
	case 2:
		do_negatives(w);
		break;
	case 3:
		do_names(w, 0);
		break;
	case 4:
		fork_one(w, place);
		break;
	case 9:
		do_aio(w, 0);
		break;
	case 5:
		if (ring)
			do_ring_names(w, 0);
		break;
	case 6:
		if (ring)
			do_ring_edges(w, 0);
		break;
	case 7:
		if (ring)
			do_ring_others(w);
		break;
	case 8:
		if (ring)
			do_ring(w, 0);
		break;
	default:
		do_writes(w, 0);
	}
	clean(w);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void play_stress(struct actor *actor, void *argument)
{
	struct stress *stress = argument;
	struct options opt = *stress->opt;
	struct worker *w;
	double end;

	opt.ring = actor->place->mode;
	opt.seed += stress->number;
	own_folder(actor->place->name);
	w = new_worker(&opt, 0);
	if (opt.ring != RING_NONE)
		prepare_ring(w);
	prepare_aio();
	step_in(actor);
	pthread_barrier_wait(&stress->begin);
	end = seconds() + opt.stress;
	while (seconds() < end)
		step(w, actor->place);
	settle(w, actor->place);
}

int stress(const struct options *opt)
{
	static const enum ring_mode modes[] = { RING_PLAIN, RING_ASYNC, RING_SQPOLL, RING_NONE };
	struct stress *stress = shared(sizeof(*stress));
	struct actor *actors = shared(opt->processes * sizeof(*actors));
	pthread_barrierattr_t attributes;
	char name[32];

	open_stage(opt);
	stress->opt = opt;
	pthread_barrierattr_init(&attributes);
	pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&stress->begin, &attributes, opt->processes);
	for (unsigned int i = 0; i < opt->processes; i++) {
		struct place *place;

		snprintf(name, sizeof(name), "stress-%u", i);
		place = new_place(name);
		place->mode = modes[i % 4];
		stress->number = i;
		actors[i] = act(place, play_stress, stress);
	}
	for (unsigned int i = 0; i < opt->processes; i++)
		wait_for(&actors[i]);
	close_stage();
	return 0;
}
