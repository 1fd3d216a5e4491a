/* SPDX-License-Identifier: Apache-2.0 */
/* Every syscall that opens a file, and the ways in which it fails. */
#define _GNU_SOURCE
#include "workload.h"

#include <linux/openat2.h>

static void done(long fd)
{
	if (fd >= 0)
		close((int)fd);
}

/* One case: how it is named in an error, what is opened, and what must come of it. */
struct open_case {
	const char *what, *name;
	int flags;
	bool created;
	long expected;
};

/* A name that ends in '#' is new in every round. */
static const char *name_of(const struct open_case *c, unsigned int round, char *room, size_t size)
{
	const char *end = c->name;

	while (*end && *end != '#')
		end++;
	if (!*end)
		return c->name;
	snprintf(room, size, "%.*s%u", (int)(end - c->name), c->name, round);
	return room;
}

static const struct open_case any_way[] = {
	{ "read", "exists", O_RDONLY, false, FINE },
	{ "write", "exists", O_WRONLY, false, FINE },
	{ "read and write", "exists", O_RDWR, false, FINE },
	{ "truncate", "exists", O_WRONLY | O_TRUNC, false, FINE },
	{ "create", "new-#", O_WRONLY | O_CREAT, true, FINE },
	{ "create to read", "newr-#", O_RDONLY | O_CREAT, true, FINE },
	{ "create alone", "newx-#", O_RDWR | O_CREAT | O_EXCL, true, FINE },
	{ "create what exists", "exists", O_RDWR | O_CREAT, false, FINE },
	{ "folder", ".", O_RDONLY | O_DIRECTORY, false, FINE },
	{ "through a link", "link", O_RDONLY, false, FINE },
	{ "fifo", "fifo", O_RDWR | O_NONBLOCK, false, FINE },
	{ "no such file", "missing", O_RDONLY, false, -ENOENT },
	{ "exclusive on what exists", "exists", O_WRONLY | O_CREAT | O_EXCL, false, -EEXIST },
	{ "write a folder", ".", O_WRONLY, false, -EISDIR },
	{ "below a file", "exists/x", O_RDONLY, false, -ENOTDIR },
	{ "link not followed", "link", O_RDONLY | O_NOFOLLOW, false, -ELOOP },
	{ "path only", "exists", O_PATH, false, FINE },
};

#define CASES (sizeof(any_way) / sizeof(any_way[0]))

static void do_open(struct worker *w, unsigned int round)
{
#ifdef SYS_open
	struct truth *t = &w->truth;
	char path[192], room[64];

	for (size_t i = 0; i < CASES; i++) {
		const struct open_case *c = &any_way[i];
		const char *name = name_of(c, round, room, sizeof(room));

		snprintf(path, sizeof(path), "%s/open-%s", w->dir, name);
		/* Only new names carry the syscall's name; the others are there for all of them. */
		if (name == c->name)
			snprintf(path, sizeof(path), "%s/%s", w->dir, name);
		done(saw_open(t, c->what, raw(syscall(SYS_open, path, c->flags, 0644)), c->flags,
			      c->created, c->expected));
	}
	snprintf(path, sizeof(path), "%s/creat-%u", w->dir, round);
	done(saw_open(t, "creat", raw(syscall(SYS_creat, path, 0644)), O_WRONLY, true, FINE));
	done(saw_open(t, "creat again", raw(syscall(SYS_creat, path, 0644)), O_WRONLY, false,
		      FINE));
	saw_open(t, "creat a folder", raw(syscall(SYS_creat, w->dir, 0644)), O_WRONLY, false,
		 -EISDIR);
#else
	(void)round;
	skip(&w->truth, "open and creat");
#endif
}

static void do_openat(struct worker *w, unsigned int round)
{
	struct truth *t = &w->truth;
	char room[64], name[96];

	for (size_t i = 0; i < CASES; i++) {
		const struct open_case *c = &any_way[i];
		const char *plain = name_of(c, round, room, sizeof(room));

		snprintf(name, sizeof(name), plain == c->name ? "%s" : "openat-%s", plain);
		done(saw_open(t, c->what, raw(syscall(SYS_openat, w->dirfd, name, c->flags, 0644)),
			      c->flags, c->created, c->expected));
	}
	saw_open(t, "bad folder", raw(syscall(SYS_openat, -1, "exists", O_RDONLY, 0)), O_RDONLY,
		 false, -EBADF);
	saw_open(t, "bad address", raw(syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY, 0)), O_RDONLY,
		 false, -EFAULT);
	if (w->can_tmpfile)
		done(saw_open(t, "O_TMPFILE",
			      raw(syscall(SYS_openat, w->dirfd, ".", O_TMPFILE | O_RDWR, 0600)),
			      O_RDWR, true, FINE));
	done(saw_open(t, "/dev/null", raw(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY, 0)),
		      O_WRONLY, false, FINE));
}

static long openat2_raw(int dirfd, const char *name, uint64_t flags, uint64_t mode,
			uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

	return raw(syscall(SYS_openat2, dirfd, name, &how, sizeof(how)));
}

static void do_openat2(struct worker *w, unsigned int round)
{
	struct truth *t = &w->truth;
	char room[64], name[96];

	for (size_t i = 0; i < CASES; i++) {
		const struct open_case *c = &any_way[i];
		const char *plain = name_of(c, round, room, sizeof(room));

		snprintf(name, sizeof(name), plain == c->name ? "%s" : "openat2-%s", plain);
		done(saw_open(t, c->what,
			      openat2_raw(w->dirfd, name, (unsigned int)c->flags,
					  c->flags & O_CREAT ? 0644 : 0, 0),
			      c->flags, c->created, c->expected));
	}
	done(saw_open(t, "beneath", openat2_raw(w->dirfd, "exists", O_RDONLY, 0, RESOLVE_BENEATH),
		      O_RDONLY, false, FINE));
	saw_open(t, "not beneath",
		 openat2_raw(w->dirfd, "../t0/exists", O_RDONLY, 0, RESOLVE_BENEATH), O_RDONLY,
		 false, -EXDEV);
	saw_open(t, "mode without O_CREAT", openat2_raw(w->dirfd, "exists", O_RDONLY, 0644, 0),
		 O_RDONLY, false, -EINVAL);
	if (w->can_tmpfile)
		done(saw_open(t, "O_TMPFILE",
			      openat2_raw(w->dirfd, ".", O_TMPFILE | O_WRONLY, 0600, 0), O_WRONLY,
			      true, FINE));
}

static void do_handle(struct worker *w)
{
	static const int flags[] = { O_RDONLY, O_WRONLY, O_PATH };
	struct truth *t = &w->truth;

	if (!w->can_handle)
		return;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		done(saw_open(t, "open_by_handle_at",
			      raw(syscall(SYS_open_by_handle_at, w->dirfd, w->h.handle, flags[i])),
			      flags[i], false, FINE));
	saw_open(t, "open_by_handle_at, bad mount",
		 raw(syscall(SYS_open_by_handle_at, -1, w->h.handle, O_RDONLY)), O_RDONLY, false,
		 -EBADF);
}

static void do_pseudo(struct worker *w)
{
	static const char *const names[] = { "/proc/self/stat", "/proc/self",
					     "/sys/devices/system/cpu/online" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		long fd = raw(syscall(SYS_openat, AT_FDCWD, names[i], O_RDONLY, 0));

		saw_pseudo_open(&w->truth, names[i], fd);
		done(fd);
	}
}

void do_opens(struct worker *w, unsigned int round)
{
	do_open(w, round);
	do_openat(w, round);
	do_openat2(w, round);
	do_handle(w);
	do_pseudo(w);
}
