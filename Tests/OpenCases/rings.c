// SPDX-License-Identifier: Apache-2.0
/* The same by io_uring. */
#include "cases.h"
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/openat2.h>
#include <string.h>
#include <unistd.h>

static struct io_uring ring;

/* Submits what is prepared and waits for the one result. */
static int done(struct io_uring *ring)
{
	struct io_uring_cqe *cqe;
	int result;

	NEED(io_uring_submit_and_wait(ring, 1) >= 0 && !io_uring_wait_cqe(ring, &cqe));
	result = cqe->res;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

static struct io_uring_sqe *request(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	NEED(sqe);
	return sqe;
}

static struct io_uring_sqe *opening(struct io_uring *ring, const char *name, int flags, int mode)
{
	struct io_uring_sqe *sqe = request(ring);

	io_uring_prep_openat(sqe, AT_FDCWD, name, flags, mode);
	return sqe;
}

/* An open that is over, by a worker with its own thread's number or by the submitter. */
static void saw_ring_open(const char *via, const char *name, unsigned long long flags,
			  unsigned long long mode, long result, bool created, const char *lexical)
{
	struct row open = row("open", "Uring");

	open.via = via;
	if (!via || strcmp(via, "inline"))
		open.tid = 0;
	open.name = name;
	open.flags = flags;
	open.mode = mode;
	open.result = result;
	open.created = created;
	open.path = lexical;
	open.resolution = lexical ? "lexical" : NULL;
	if (result >= 0 && !lexical) {
		open.path = path_of(result);
		open.resolution = "file";
	}
	open.root = open.path ? "host" : NULL;
	saw(open);
	if (result >= 0 && !lexical)
		NEED(!close(result));
}

static void each_way(void)
{
	struct io_uring_params by_thread = { .flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 100 };
	struct io_uring_params deferred = { .flags = IORING_SETUP_SINGLE_ISSUER |
						     IORING_SETUP_DEFER_TASKRUN };
	struct io_uring other;
	char name[] = "existing";
	int result;

	opening(&ring, "existing", O_RDONLY, 0);
	saw_ring_open("inline", "existing", O_RDONLY, 0, done(&ring), false, NULL);
	opening(&ring, "ring-new", O_WRONLY | O_CREAT, 0640);
	saw_ring_open("worker", "ring-new", O_WRONLY | O_CREAT, 0640, done(&ring), true, NULL);
	opening(&ring, ".", O_RDWR | O_TMPFILE, 0600);
	saw_ring_open("worker", ".", O_RDWR | O_TMPFILE, 0600, done(&ring), true, NULL);
	opening(&ring, "existing", O_PATH | O_CLOEXEC, 0);
	saw_ring_open("inline", "existing", O_PATH | O_CLOEXEC, 0, done(&ring), false, NULL);

	/* The name is the kernel's own as soon as it is submitted. */
	opening(&ring, name, O_RDONLY, 0)->flags |= IOSQE_ASYNC;
	NEED(io_uring_submit(&ring) == 1);
	memset(name, 'z', strlen(name));
	saw_ring_open("worker", "existing", O_RDONLY, 0, done(&ring), false, NULL);

	NEED(!io_uring_queue_init_params(8, &other, &by_thread));
	opening(&other, "existing", O_RDONLY, 0);
	saw_ring_open("sqpoll", "existing", O_RDONLY, 0, done(&other), false, NULL);
	io_uring_queue_exit(&other);

	if (!io_uring_queue_init_params(8, &other, &deferred)) {
		opening(&other, "existing", O_RDONLY, 0);
		result = done(&other);
		saw_ring_open("inline", "existing", O_RDONLY, 0, result, false, NULL);
		io_uring_queue_exit(&other);
	}
}

static void ways_to_fail(void)
{
	struct open_how rooted = { .flags = O_RDONLY, .resolve = RESOLVE_IN_ROOT };
	struct open_how beneath = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	int directory = openat(AT_FDCWD, "directory", O_RDONLY | O_DIRECTORY);
	struct row refused;
	int result;

	saw_kept_open("openat", "directory", O_RDONLY | O_DIRECTORY, 0, directory, false, NULL);
	opening(&ring, "nothing", O_RDONLY, 0)->flags |= IOSQE_ASYNC;
	result = done(&ring);
	NEED(result == -ENOENT);
	saw_ring_open("worker", "nothing", O_RDONLY, 0, result, false, in_folder("nothing"));

	io_uring_prep_openat2(request(&ring), directory, "/below", &rooted);
	saw_ring_open("inline", "/below", O_RDONLY, 0, done(&ring), false, NULL);
	io_uring_prep_openat2(request(&ring), directory, "/nothing", &rooted);
	NEED((result = done(&ring)) == -ENOENT);
	saw_ring_open(NULL, "/nothing", O_RDONLY, 0, result, false, in_folder("directory/nothing"));
	io_uring_prep_openat2(request(&ring), directory, "../existing", &beneath);
	NEED((result = done(&ring)) == -EXDEV);
	saw_ring_open(NULL, "../existing", O_RDONLY, 0, result, false, in_folder("existing"));
	close(directory);

	/* Refused before it began. */
	opening(&ring, (void *)8, O_RDONLY | O_CLOEXEC, 0);
	NEED((result = done(&ring)) == -EFAULT);
	refused = row("open", "Uring");
	refused.via = "inline";
	refused.flags = O_RDONLY | O_CLOEXEC;
	refused.result = result;
	refused.created = 0;
	refused.needs = "io_uring/io_uring_req_failed";
	saw(refused);
}

/* Into the ring's own table: there is no descriptor, but a file all the same. */
static void direct_descriptors(void)
{
	int files[4] = { -1, -1, -1, -1 }, result;
	struct row open = row("open", "Uring");

	NEED(!io_uring_register_files(&ring, files, 4));
	io_uring_prep_openat_direct(request(&ring), AT_FDCWD, "existing", O_RDONLY, 0, 2);
	NEED(done(&ring) == 0);
	open.via = "inline";
	open.name = "existing";
	open.result = 0;
	open.created = 0;
	open.path = in_folder("existing");
	open.resolution = "file";
	open.root = "host";
	saw(open);
	io_uring_prep_openat_direct(request(&ring), AT_FDCWD, "direct", O_RDWR | O_CREAT, 0600,
				    IORING_FILE_INDEX_ALLOC);
	NEED((result = done(&ring)) >= 0);
	open.via = "worker";
	open.tid = 0;
	open.name = "direct";
	open.flags = O_RDWR | O_CREAT;
	open.mode = 0600;
	open.result = result;
	open.created = 1;
	open.path = in_folder("direct");
	saw(open);
	NEED(!io_uring_unregister_files(&ring));
}

static void chains(void)
{
	struct io_uring_cqe *cqe;
	int results[3];

	io_uring_sqe_set_data64(opening(&ring, "nothing", O_RDONLY, 0), 0);
	ring.sq.sqes[(ring.sq.sqe_tail - 1) & (ring.sq.ring_entries - 1)].flags |= IOSQE_IO_LINK;
	io_uring_sqe_set_data64(opening(&ring, "existing", O_RDONLY, 0), 1);
	NEED(io_uring_submit_and_wait(&ring, 2) >= 0);
	for (int i = 0; i < 2; i++) {
		NEED(!io_uring_wait_cqe(&ring, &cqe));
		results[cqe->user_data] = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	}
	NEED(results[0] == -ENOENT && results[1] == -ECANCELED);
	saw_ring_open(NULL, "nothing", O_RDONLY, 0, results[0], false, in_folder("nothing"));
	saw_ring_open(NULL, "existing", O_RDONLY, 0, results[1], false, in_folder("existing"));

	/* Two that succeed, one after the other. */
	io_uring_sqe_set_data64(opening(&ring, "existing", O_RDONLY, 0), 0);
	ring.sq.sqes[(ring.sq.sqe_tail - 1) & (ring.sq.ring_entries - 1)].flags |= IOSQE_IO_LINK;
	io_uring_sqe_set_data64(opening(&ring, "directory", O_RDONLY, 0), 1);
	NEED(io_uring_submit_and_wait(&ring, 2) >= 0);
	for (int i = 0; i < 2; i++) {
		NEED(!io_uring_wait_cqe(&ring, &cqe));
		results[cqe->user_data] = cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	}
	saw_ring_open(NULL, "existing", O_RDONLY, 0, results[0], false, NULL);
	saw_ring_open(NULL, "directory", O_RDONLY, 0, results[1], false, NULL);
}

/* Nobody is told that it succeeded, so nobody knows. */
static void untold(void)
{
	struct io_uring_params asked = {};
	struct row open = row("open", "Uring");
	struct io_uring other;

	NEED(!io_uring_queue_init_params(8, &other, &asked));
	if (asked.features & IORING_FEAT_CQE_SKIP) { /* since 5.17 */
		opening(&other, "existing", O_RDONLY, 0)->flags |= IOSQE_CQE_SKIP_SUCCESS;
		NEED(io_uring_submit(&other) == 1);
		open.via = NULL;
		open.tid = 0;
		open.name = "existing";
		open.result = ABSENT;
		open.path = in_folder("existing");
		open.resolution = "lexical";
		open.root = "host";
		saw(open);
	}
	io_uring_queue_exit(&other);
}

void ring_cases(void)
{
	NEED(!io_uring_queue_init(8, &ring, 0));
	each_way();
	ways_to_fail();
	direct_descriptors();
	chains();
	untold();
	io_uring_queue_exit(&ring);
}
