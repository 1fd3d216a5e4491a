/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on names and on files as a whole, by syscall; what fails is no operation. */
#define _GNU_SOURCE
#include "workload.h"

#include <sys/mman.h>

/* Counts one operation that must have succeeded. */
void saw_op(struct truth *t, enum op op, const char *what, long result)
{
	if (result < 0)
		die(what, result);
	t->ops[op]++;
}

static void must_fail(const char *what, long result, long expected)
{
	if (result != expected)
		die(what, result);
}

/* "a-7": new in every round, so that nothing has to be prepared. */
static const char *in_round(char room[32], char letter, unsigned int round)
{
	snprintf(room, 32, "%c-%u", letter, round);
	return room;
}

static void do_old_names(struct worker *w, unsigned int round)
{
#ifdef SYS_mkdir
	struct truth *t = &w->truth;
	char a[128], b[128];

	snprintf(a, sizeof(a), "%s/old-d-%u", w->dir, round);
	saw_op(t, OP_MKDIR, "mkdir", raw(syscall(SYS_mkdir, a, 0755)));
	must_fail("mkdir again", raw(syscall(SYS_mkdir, a, 0755)), -EEXIST);
	snprintf(a, sizeof(a), "%s/old-s-%u", w->dir, round);
	saw_op(t, OP_SYMLINK, "symlink", raw(syscall(SYS_symlink, "nowhere", a)));
	snprintf(b, sizeof(b), "%s/old-r-%u", w->dir, round);
	saw_op(t, OP_RENAME, "rename", raw(syscall(SYS_rename, a, b)));
	must_fail("rename again", raw(syscall(SYS_rename, a, b)), -ENOENT);
	saw_op(t, OP_DELETE, "unlink", raw(syscall(SYS_unlink, b)));
	must_fail("unlink again", raw(syscall(SYS_unlink, b)), -ENOENT);
	snprintf(a, sizeof(a), "%s/exists", w->dir);
	saw_op(t, OP_LINK, "link", raw(syscall(SYS_link, a, b)));
	saw_op(t, OP_TRUNCATE, "truncate", raw(syscall(SYS_truncate, b, 100L)));
#else
	(void)round;
	skip(&w->truth, "mkdir, symlink, rename, unlink and link");
#endif
}

static void do_new_names(struct worker *w, unsigned int round)
{
	struct truth *t = &w->truth;
	int d = w->dirfd;
	char a[32], b[32];

	saw_op(t, OP_MKDIR, "mkdirat", raw(syscall(SYS_mkdirat, d, in_round(a, 'd', round), 0755)));
	saw_op(t, OP_SYMLINK, "symlinkat",
	       raw(syscall(SYS_symlinkat, "nowhere", d, in_round(a, 's', round))));
	saw_op(t, OP_LINK, "linkat",
	       raw(syscall(SYS_linkat, d, "exists", d, in_round(a, 'l', round), 0)));
	must_fail("linkat again", raw(syscall(SYS_linkat, d, "exists", d, a, 0)), -EEXIST);
	saw_op(t, OP_RENAME, "renameat2",
	       raw(syscall(SYS_renameat2, d, a, d, in_round(b, 'm', round), 0)));
	must_fail("renameat2 onto what exists",
		  raw(syscall(SYS_renameat2, d, b, d, "exists", RENAME_NOREPLACE)), -EEXIST);
	saw_op(t, OP_DELETE, "unlinkat", raw(syscall(SYS_unlinkat, d, b, 0)));
	/* A pipe, since mknod of a regular file is a create. */
	saw_op(t, OP_MKNOD, "mknodat",
	       raw(syscall(SYS_mknodat, d, in_round(a, 'p', round), S_IFIFO | 0644, 0)));
}

static void do_whole_files(struct worker *w)
{
	struct truth *t = &w->truth;
	void *map;

	saw_op(t, OP_TRUNCATE, "ftruncate", raw(syscall(SYS_ftruncate, w->data, 5000L)));
	must_fail("ftruncate, not open to write", raw(syscall(SYS_ftruncate, w->reader, 0L)),
		  -EINVAL);
	saw_op(t, OP_ALLOCATE, "fallocate", raw(syscall(SYS_fallocate, w->data, 0, 0L, 8192L)));
	must_fail("fallocate, not open to write",
		  raw(syscall(SYS_fallocate, w->reader, 0, 0L, 10L)), -EBADF);
	saw_op(t, OP_SYNC, "fsync", raw(syscall(SYS_fsync, w->data)));
	saw_op(t, OP_SYNC, "fdatasync", raw(syscall(SYS_fdatasync, w->data)));
	must_fail("fsync of a pipe", raw(syscall(SYS_fsync, w->pipe[1])), -EINVAL);

	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, w->data, 0);
	saw_op(t, OP_SHARED_MAP, "mmap", map == MAP_FAILED ? -errno : 0);
	munmap(map, 4096);
	/* Neither a private map nor one that is only read can change the file. */
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, w->data, 0);
	munmap(map, 4096);
	map = mmap(NULL, 4096, PROT_READ, MAP_SHARED, w->reader, 0);
	munmap(map, 4096);
	/* An anonymous one takes no notice of the descriptor. */
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, w->data, 0);
	munmap(map, 4096);
}

void do_names(struct worker *w, unsigned int round)
{
	do_old_names(w, round);
	do_new_names(w, round);
	do_whole_files(w);
}
