/* SPDX-License-Identifier: Apache-2.0 */
/* What was asked for, in a scratch folder that is removed afterwards. */
#define _GNU_SOURCE
#include "workload.h"

#include <stdlib.h>

/* A scratch folder of our own, so that removing it takes nothing else with it. */
static char *scratch(const struct options *opt)
{
	char *path;

	if (asprintf(&path, "%s/workload-XXXXXX", opt->dir) < 0 || !mkdtemp(path) || chdir(path))
		die(opt->dir, -errno);
	return path;
}

static bool hands_over;

/* Without a cgroup of our own there is no door, but perhaps somebody who says when. */
static void enter(void *door, struct truth *sum)
{
	if (((struct cgroup_door *)door)->enter >= 0)
		enter_cgroup(door, sum);
	else if (hands_over)
		wait_to_go();
}

static void leave(void *door)
{
	if (((struct cgroup_door *)door)->leave >= 0)
		leave_cgroup(door);
}

int main(int argc, char **argv)
{
	struct options opt = {
		.dir = "/tmp", .threads = 1, .repeat = 1, .seed = 1, .processes = 64
	};
	struct cgroup_door door = { .enter = -1, .leave = -1 };
	struct truth sum = { 0 };
	char *folder;
	int status = 0;

	parse_options(&opt, argc, argv);
	hands_over = opt.handover;
	if (hands_over)
		open_handover(opt.handover);
	folder = scratch(&opt);
	if (opt.storm) {
		storm(&opt);
	} else if (opt.suite) {
		status = opt.cgroup ? suite(&opt) : alone(&opt);
	} else if (opt.stress) {
		stress(&opt);
	} else {
		if (!opt.here)
			open_door(&door, opt.cgroup, opt.leave);
		work_alone(&opt, &sum, enter, leave, &door);
		print_truth(&sum, "work", opt.ring, door.id, 0);
		printf("\n");
		if (hands_over)
			hand_over();
	}
	/* Where the work is done here, removing its files would be counted with it. */
	if (!opt.keep && chdir("/") == 0)
		remove_tree(folder);
	free(folder);
	return status;
}
