/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on names, by syscall; what fails is no operation. */
#define _GNU_SOURCE
#include "workload.h"

#include <sys/sysmacros.h>

/* Counts one operation that must have succeeded. */
void saw_op(struct truth *t, enum op op, const char *what, long result)
{
	if (result < 0)
		die(what, result);
	t->ops[op]++;
}

void must_fail(const char *what, long result, long expected)
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

/* mknod of a regular file is a create. */
static void saw_mknod(struct truth *t, const char *what, long result, bool regular)
{
	if (!regular) {
		saw_op(t, OP_MKNOD, what, result);
		return;
	}
	if (result < 0)
		die(what, result);
	t->creates++;
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
	must_fail("truncate of a folder", raw(syscall(SYS_truncate, w->dir, 0L)), -EISDIR);
	snprintf(a, sizeof(a), "%s/old-d-%u", w->dir, round);
	must_fail("rmdir of a file", raw(syscall(SYS_rmdir, b)), -ENOTDIR);
	saw_op(t, OP_DELETE, "rmdir", raw(syscall(SYS_rmdir, a)));
	snprintf(a, sizeof(a), "%s/old-f-%u", w->dir, round);
	saw_mknod(t, "mknod of a file", raw(syscall(SYS_mknod, a, S_IFREG | 0644, 0)), true);
	snprintf(a, sizeof(a), "%s/old-p-%u", w->dir, round);
	saw_mknod(t, "mknod of a pipe", raw(syscall(SYS_mknod, a, S_IFIFO | 0644, 0)), false);
#else
	(void)round;
	skip(&w->truth, "mkdir, symlink, rename, unlink, link, rmdir and mknod");
#endif
}

static void do_nodes(struct worker *w, unsigned int round)
{
	struct truth *t = &w->truth;
	int d = w->dirfd;
	char a[32];
	long made;

	saw_mknod(t, "mknodat of a pipe",
		  raw(syscall(SYS_mknodat, d, in_round(a, 'p', round), S_IFIFO | 0644, 0)), false);
	must_fail("mknodat again", raw(syscall(SYS_mknodat, d, a, S_IFIFO | 0644, 0)), -EEXIST);
	saw_mknod(t, "mknodat of a file",
		  raw(syscall(SYS_mknodat, d, in_round(a, 'f', round), S_IFREG | 0644, 0)), true);
	saw_mknod(t, "mknodat without a type",
		  raw(syscall(SYS_mknodat, d, in_round(a, 'g', round), 0644, 0)), true);
	saw_mknod(t, "mknodat of a socket",
		  raw(syscall(SYS_mknodat, d, in_round(a, 'k', round), S_IFSOCK | 0644, 0)), false);
	made = raw(syscall(SYS_mknodat, d, in_round(a, 'c', round), S_IFCHR | 0644, makedev(1, 3)));
	if (made == -EPERM)
		skip(t, "mknod of a device");
	else
		saw_mknod(t, "mknodat of a device", made, false);
}

/* A file without a name gets one: by the link in /proc, and by its descriptor alone. */
static void do_unnamed(struct worker *w, unsigned int round)
{
	struct truth *t = &w->truth;
	int d = w->dirfd;
	char a[32], path[64];
	long fd, linked;

	if (!w->can_tmpfile)
		return;
	fd = saw_open(t, "O_TMPFILE", raw(syscall(SYS_openat, d, ".", O_TMPFILE | O_RDWR, 0600)),
		      O_RDWR, true, FINE);
	snprintf(path, sizeof(path), "/proc/self/fd/%ld", fd);
	saw_op(t, OP_LINK, "linkat of /proc/self/fd",
	       raw(syscall(SYS_linkat, AT_FDCWD, path, d, in_round(a, 't', round),
			   AT_SYMLINK_FOLLOW)));
	linked = raw(syscall(SYS_linkat, fd, "", d, in_round(a, 'u', round), AT_EMPTY_PATH));
	if (linked == -ENOENT) /* without CAP_DAC_READ_SEARCH */
		skip(t, "linkat with AT_EMPTY_PATH");
	else
		saw_op(t, OP_LINK, "linkat with AT_EMPTY_PATH", linked);
	close((int)fd);
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
	must_fail("unlinkat again", raw(syscall(SYS_unlinkat, d, b, 0)), -ENOENT);
	saw_op(t, OP_DELETE, "unlinkat of a folder",
	       raw(syscall(SYS_unlinkat, d, in_round(a, 'd', round), AT_REMOVEDIR)));
	in_round(a, 's', round);
	in_round(b, 'q', round);
	saw_op(t, OP_RENAME, "renameat", raw(syscall(SYS_renameat, d, a, d, b)));
	saw_op(t, OP_LINK, "linkat", raw(syscall(SYS_linkat, d, "exists", d, a, 0)));
	saw_op(t, OP_RENAME, "renameat2 EXCHANGE",
	       raw(syscall(SYS_renameat2, d, a, d, b, RENAME_EXCHANGE)));
	do_nodes(w, round);
	do_unnamed(w, round);
}

void do_names(struct worker *w, unsigned int round)
{
	do_old_names(w, round);
	do_new_names(w, round);
	do_whole_files(w, round);
}
