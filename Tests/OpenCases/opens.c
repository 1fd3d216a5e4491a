// SPDX-License-Identifier: Apache-2.0
/* Opens by system calls. */
#include "cases.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static long plain(const char *name, int flags, int mode)
{
	return result_of(syscall(SYS_openat, AT_FDCWD, name, flags, mode));
}

/* An openat that leads to a file. */
static void opens(const char *name, int flags, int mode, bool created)
{
	long result = plain(name, flags, mode);

	NEED(result >= 0);
	saw_open("openat", name, flags, mode, result, created, NULL);
}

/* An openat that fails; `path` is what the name reads as, NULL for the empty one. */
static void fails(const char *name, int flags, long error, const char *path)
{
	NEED(plain(name, flags, 0) == -error);
	saw_open("openat", name, flags, 0, -error, false, path);
}

static void every_call(void)
{
	struct open_how how = { .flags = O_RDWR | O_CREAT, .mode = 0640 };
	struct open_how bad = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} at = { .handle.handle_bytes = MAX_HANDLE_SZ };
	int mount;
	long result;

#ifdef SYS_open
	result = result_of(syscall(SYS_open, "by-open", O_WRONLY | O_CREAT | O_EXCL, 0600));
	NEED(result >= 0);
	saw_open("open", "by-open", O_WRONLY | O_CREAT | O_EXCL, 0600, result, true, NULL);
	result = result_of(syscall(SYS_open, "by-open", O_WRONLY | O_CREAT | O_EXCL, 0600));
	NEED(result == -EEXIST);
	saw_open("open", "by-open", O_WRONLY | O_CREAT | O_EXCL, 0600, -EEXIST, false,
		 in_folder("by-open"));
	result = result_of(syscall(SYS_creat, "by-creat", 0604));
	NEED(result >= 0);
	saw_open("creat", "by-creat", O_WRONLY | O_CREAT | O_TRUNC, 0604, result, true, NULL);
#endif
	result = result_of(syscall(SYS_openat2, AT_FDCWD, "by-openat2", &how, sizeof(how)));
	NEED(result >= 0);
	saw_open("openat2", "by-openat2", how.flags, how.mode, result, true, NULL);
	result = result_of(syscall(SYS_openat2, AT_FDCWD, "../outside", &bad, sizeof(bad)));
	NEED(result == -EXDEV);
	saw_open("openat2", "../outside", O_RDONLY, 0, -EXDEV, false,
		 text("%.*s/outside", (int)(strrchr(folder, '/') - folder), folder));

	/* Not every file system has handles. */
	if (!name_to_handle_at(AT_FDCWD, "existing", &at.handle, &mount, 0)) {
		int directory = plain(".", O_RDONLY | O_DIRECTORY, 0);

		saw_kept_open("openat", ".", O_RDONLY | O_DIRECTORY, 0, directory, false, NULL);
		result = result_of(syscall(SYS_open_by_handle_at, directory, &at.handle, O_RDONLY));
		close(directory);
		saw_open("open_by_handle_at", NULL, O_RDONLY, 0, result, false, NULL);
	}
	at.handle.handle_bytes = 0;
	result = result_of(syscall(SYS_open_by_handle_at, AT_FDCWD, &at.handle, O_RDONLY));
	NEED(result < 0);
	saw_open("open_by_handle_at", NULL, O_RDONLY, 0, result, false, NULL);
}

static void failures(void)
{
	NEED(!symlink("loop", "loop"));
	fails("nothing", O_RDONLY, ENOENT, in_folder("nothing"));
	fails("existing/below", O_RDONLY, ENOTDIR, in_folder("existing/below"));
	fails("loop", O_RDONLY, ELOOP, in_folder("loop"));
	fails("directory", O_WRONLY, EISDIR, in_folder("directory"));
	fails("existing", O_RDONLY | O_DIRECTORY, ENOTDIR, in_folder("existing"));
	fails("", O_RDONLY, ENOENT, NULL);
	fails("./directory/.././/directory/../nothing", O_RDONLY, ENOENT, in_folder("nothing"));
	fails("/nowhere/at/../all", O_RDONLY, ENOENT, "/nowhere/all");
	/* The address is nobody's. */
	NEED(plain((void *)8, O_RDONLY, 0) == -EFAULT);
	saw_open("openat", NULL, O_RDONLY, 0, -EFAULT, false, NULL);
	/* A descriptor that is none has no directory. */
	NEED(result_of(syscall(SYS_openat, 999, "existing", O_RDONLY, 0)) == -EBADF);
	saw_open("openat", "existing", O_RDONLY, 0, -EBADF, false, NULL);
}

static void flags_and_names(void)
{
	char *longest = malloc(4096);

	opens("existing", O_RDONLY, 0, false);
	opens("existing", O_RDWR | O_CREAT, 0600, false);
	opens("existing", O_PATH | O_CLOEXEC, 0, false);
	opens("directory", O_PATH | O_DIRECTORY, 0, false);
	opens("new", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK, 0666, true);
	opens(".", O_TMPFILE | O_RDWR, 0600, true);
	opens("link", O_RDONLY, 0, false);
	opens("two\nlines", O_WRONLY | O_CREAT, 0600, true);
	opens("\"quoted\", 'twice'", O_WRONLY | O_CREAT, 0600, true);
	opens("not \xff\xfe utf-8 \xc3", O_WRONLY | O_CREAT, 0600, true);
	opens(text("%s/existing", folder), O_RDONLY, 0, false);

	/* As long as a name can be, and one that is too long by one, which is cut. */
	memset(longest, '/', 4096);
	memcpy(longest, ".", 1);
	memcpy(longest + 4095 - strlen("existing"), "existing", strlen("existing") + 1);
	NEED(strlen(longest) == 4095);
	opens(longest, O_RDONLY, 0, false);
	memset(longest, 'x', 4096);
	longest = text("%.4096s", longest);
	{
		long result = plain(longest, O_RDONLY, 0);

		NEED(result == -ENAMETOOLONG);
		longest[4095] = 0;
		saw_open("openat", longest, O_RDONLY, 0, result, false, in_folder(longest));
	}
}

static void relative(void)
{
	int directory = plain("directory", O_RDONLY | O_DIRECTORY, 0);
	long result;

	saw_kept_open("openat", "directory", O_RDONLY | O_DIRECTORY, 0, directory, false, NULL);
	result = result_of(syscall(SYS_openat, directory, "beside", O_WRONLY | O_CREAT, 0600));
	NEED(result >= 0);
	saw_open("openat", "beside", O_WRONLY | O_CREAT, 0600, result, true, NULL);
	result = result_of(syscall(SYS_openat, directory, "../nothing", O_RDONLY, 0));
	NEED(result == -ENOENT);
	saw_open("openat", "../nothing", O_RDONLY, 0, result, false, in_folder("nothing"));
	NEED(!fchdir(directory));
	opens("below", O_RDONLY, 0, false);
	fails("nothing", O_RDONLY, ENOENT, in_folder("directory/nothing"));
	NEED(!chdir(".."));
	close(directory);
}

static void rooted(void)
{
	NEED(!chroot("directory") && !chdir("/"));
	{
		long result = plain("/below", O_RDONLY, 0);
		struct row open = row("open", "openat");

		NEED(result >= 0);
		open.name = "/below";
		open.created = 0;
		open.result = result;
		open.path = in_folder("directory/below"); /* from the tracer's root */
		open.resolution = "file";
		open.root = "host";
		saw(open);
		close(result);
	}
	fails("/../nothing", O_RDONLY, ENOENT, in_folder("directory/nothing"));
	fails("nothing", O_RDONLY, ENOENT, in_folder("directory/nothing"));
}

static void mounted(void)
{
	struct row open;
	long result;

	NEED(!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	NEED(!mount("directory", "mountpoint", NULL, MS_BIND, NULL));
	open = row("open", "openat");
	open.result = result = plain("mountpoint/below", O_RDONLY, 0);
	NEED(result >= 0);
	open.name = "mountpoint/below";
	open.created = 0;
	open.path = in_folder("mountpoint/below");
	open.resolution = "file";
	open.root = "other";
	saw(open);
}

static void *in_thread(void *nothing)
{
	struct row open;

	NEED(!prctl(PR_SET_NAME, "another"));
	open = row("open", "openat");
	open.comm = "leader's name";
	open.name = "existing";
	open.created = 0;
	open.result = plain("existing", O_RDONLY, 0);
	NEED(open.result >= 0);
	open.path = path_of(open.result);
	open.resolution = "file";
	open.root = "host";
	saw(open);
	close(open.result);
	return nothing;
}

static void threads(void)
{
	pthread_t thread;

	NEED(!prctl(PR_SET_NAME, "leader's name"));
	NEED(!pthread_create(&thread, NULL, in_thread, NULL) && !pthread_join(thread, NULL));
	NEED(!prctl(PR_SET_NAME, "open-cases"));
}

void open_cases(void)
{
	every_call();
	failures();
	flags_and_names();
	relative();
	in_child(rooted);
	in_child(mounted);
	threads();
}
