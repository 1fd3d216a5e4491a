/* SPDX-License-Identifier: Apache-2.0 */
/* Places and actors: see stage.h. */
#define _GNU_SOURCE
#include "stage.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

static struct place *places;
static unsigned int count, most;
static const struct options *options;

/* Memory that processes forked from here on have in common. */
void *shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("mmap", -errno);
	return at;
}

void open_stage(const struct options *opt)
{
	options = opt;
	most = opt->processes + 64;
	places = shared(most * sizeof(*places));
	limit_files();
}

struct place *new_place(const char *name)
{
	struct place *p = &places[count];
	char procs[4200];

	if (count == most)
		die("too many cgroups", (long)count);
	p->name = strdup(name);
	snprintf(p->path, sizeof(p->path), "%s/%s", options->cgroup, name);
	if (mkdir(p->path, 0755))
		die(p->path, -errno);
	count++;
	p->id = cgroup_id(p->path);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", p->path);
	p->door = open(procs, O_WRONLY | O_CLOEXEC);
	if (p->door < 0)
		die(procs, -errno);
	p->mode = RING_NONE;
	p->truth = shared(sizeof(*p->truth));
	return p;
}

/* Waits outside, where nothing it does is counted, and comes back inside. */
void step_in(struct actor *actor)
{
	char byte = 'r';

	if (write(actor->ready, &byte, 1) != 1 || read(actor->go, &byte, 1) != 1)
		die("stepping in", -errno);
}

/* Forks a process that plays until it returns; this comes back when it has stepped in, moved by our hand. */
struct actor act(struct place *place, void (*play)(struct actor *, void *), void *argument)
{
	struct actor actor = { .place = place };
	int ready[2], go[2], length;
	char byte, number[16];

	if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC))
		die("pipe", -errno);
	fflush(stdout);
	actor.pid = fork();
	if (actor.pid < 0)
		die("fork", -errno);
	if (actor.pid == 0) {
		actor.ready = ready[1];
		actor.go = go[0];
		close(ready[0]);
		play(&actor, argument);
		_exit(0);
	}
	close(ready[1]);
	close(go[0]);
	if (read(ready[0], &byte, 1) != 1)
		die(place->name, -EPIPE);
	length = snprintf(number, sizeof(number), "%d", actor.pid);
	if (write(place->door, number, (size_t)length) != length || write(go[1], "g", 1) != 1)
		die(place->path, -errno);
	close(ready[0]);
	close(go[1]);
	return actor;
}

void wait_for(struct actor *actor)
{
	int status;

	if (waitpid(actor->pid, &status, 0) != actor->pid || status)
		die(actor->place->name, status);
}

/* The whole process goes, with all its threads; the write returns in the new cgroup. */
void move_to(struct place *place)
{
	saw_pseudo_write(place->truth, "moving", raw(syscall(SYS_write, place->door, "0", 1)));
}

/* A folder for this process alone. */
void own_folder(const char *name)
{
	if (mkdir(name, 0755) || chdir(name))
		die(name, -errno);
}

/* What the worker did since the last time was done here. */
void settle(struct worker *w, struct place *place)
{
	add_truth(place->truth, &w->truth);
	memset(&w->truth, 0, sizeof(w->truth));
}

/* Prints every place's truth, and removes the cgroups. */
void close_stage(void)
{
	const char *comma = "";

	printf("{\"cgroups\":[");
	for (unsigned int i = 0; i < count; i++) {
		struct place *p = &places[i];
		bool is_part = false;

		for (unsigned int j = 0; j < count; j++)
			is_part |= places[j].also == p;
		if (p->also)
			add_truth(p->truth, p->also->truth);
		if (!is_part) {
			printf("%s", comma);
			print_truth(p->truth, p->name, p->mode, p->id, p->also ? p->also->id : 0);
			comma = ",\n";
		}
		close(p->door);
	}
	printf("]}\n");
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int j = 0; j < places[i].truth->skips; j++)
			fprintf(stderr, "workload: %s: skipped: %s\n", places[i].name,
				places[i].truth->skipped[j]);
	for (unsigned int i = 0; i < count; i++)
		/* A process that was waited for may be in its cgroup for a moment still. */
		while (rmdir(places[i].path))
			if (errno != EBUSY)
				die(places[i].path, -errno);
}
