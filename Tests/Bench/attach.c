// SPDX-License-Identifier: Apache-2.0
/*
 * attach OBJECT: loads a BPF object, attaches each of its programs, says "ready N" on standard output and
 * keeps them attached until its standard input ends, so that they never outlive whoever started it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

/* The calls that this kernel or architecture does not have (arm64 has no open and no creat) have no hook. */
static int is_absent(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);
	char path[256];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s", section + strlen("tp/"));
	return access(path, F_OK) != 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	int attached = 0;
	char byte;

	if (argc != 2) {
		fprintf(stderr, "usage: attach OBJECT\n");
		return 2;
	}
	object = bpf_object__open(argv[1]);
	if (!object || bpf_object__load(object)) {
		fprintf(stderr, "attach: cannot load %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	bpf_object__for_each_program (program, object) {
		if (is_absent(program))
			continue;
		if (!bpf_program__attach(program)) {
			fprintf(stderr, "attach: %s: %s\n", bpf_program__section_name(program),
				strerror(errno));
			return 1;
		}
		attached++;
	}
	printf("ready %d\n", attached);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	bpf_object__close(object);
	return 0;
}
