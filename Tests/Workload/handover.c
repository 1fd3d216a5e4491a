/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For a program that cannot enter a cgroup because it was started in it, by a container's runtime or by systemd: it
 * waits with all prepared until it is told to go, and says what it did, through memory alone. Whoever counts what is done
 * in the cgroup counts nothing of this conversation, and finds no clean-up after the work.
 *
 * The file is one page or more, and both sides agree on its first byte: 'p' all is prepared, 'g' (by the other side) go,
 * 'd' it is done, and the truth follows up to a zero byte. The program then stays until it is killed.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <stdlib.h>
#include <sys/mman.h>

static char *shared;
static size_t size;

static char first(void)
{
	return __atomic_load_n(shared, __ATOMIC_ACQUIRE);
}

static void say(char what)
{
	__atomic_store_n(shared, what, __ATOMIC_RELEASE);
}

void open_handover(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		die(path, -errno);
	size = (size_t)st.st_size;
	if (size < 4096)
		die("a handover is a page or more", -EINVAL);
	shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		die("mmap", -errno);
	close(fd);
	/* From now on, what is printed stays in memory. The last byte remains zero. */
	stdout = fmemopen(shared + 1, size - 2, "w");
	if (!stdout)
		die("fmemopen", -errno);
}

void wait_to_go(void)
{
	say('p');
	while (first() != 'g')
		usleep(1000);
}

void hand_over(void)
{
	if (fflush(stdout))
		die("the handover is too small", -errno);
	say('d');
	for (;;)
		pause();
}
