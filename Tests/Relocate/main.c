/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relocate programs OBJECT            the programs of an object, and where each attaches
 * relocate has TYPES                  the functions and the events that are in a file of kernel types
 * relocate check OBJECT TYPES NAME... relocates these programs as for the kernel with these types, without a kernel; a line
 *                                     for each thing that kernel lacks: "program: type.field (guarded)", or "(reached)"
 */
#define _GNU_SOURCE
#include "relocate.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A relocation that libbpf could not resolve, from what it says about it. */
struct missing {
	char function[64];
	size_t instruction; /* in that function */
	char what[192];
};

static struct missing missing[4096];
static size_t missing_count;
static char said[16384]; /* all that libbpf said about the relocation at hand */
static struct bpf_object *object;
static const struct bpf_program *current;

static void fail(const char *sentence, const char *about)
{
	fprintf(stderr, "relocate: %s: %s\n", about, sentence);
	exit(1);
}

/* "prog 'on_open': relo #3: <byte_off> [9] struct file.f_mode (0:1 @ offset 4)", and later whether it was found. */
static void note(const char *line)
{
	static char what[192];
	struct missing *new = &missing[missing_count];
	const char *type = strstr(line, "] "), *end = type ? strstr(type, " (") : NULL;

	if (strstr(line, "relo #") && type && end && !strstr(line, "candidate"))
		snprintf(what, sizeof(what), "%.*s", (int)(end - type - 2), type + 2);
	if (!strstr(line, "w/ invalid insn"))
		return;
	if (missing_count == sizeof(missing) / sizeof(*missing))
		fail("too many relocations are not resolved", "libbpf");
	if (sscanf(line, "libbpf: prog '%63[^']': relo #%*d: substituting insn #%zu", new->function,
		   &new->instruction) != 2)
		fail("this version says it in other words", line);
	snprintf(new->what, sizeof(new->what), "%s", what);
	missing_count++;
}

static int listen(enum libbpf_print_level level, const char *format, va_list arguments)
{
	size_t length = strlen(said);

	vsnprintf(said + length, sizeof(said) - length, format, arguments);
	if (level == LIBBPF_WARN)
		fputs(said + length, stderr);
	if (said[0] && said[strlen(said) - 1] == '\n') {
		note(said);
		said[0] = '\0';
	}
	return 0;
}

static int remember(struct bpf_program *program, struct bpf_prog_load_opts *options, long cookie)
{
	(void)options;
	(void)cookie;
	current = program;
	return 0;
}

/* The missing thing behind a poisoned instruction of the function that begins at `begin`. */
static const struct missing *missing_at(const char *function, size_t instruction)
{
	for (size_t i = 0; i < missing_count; i++)
		if (!strcmp(missing[i].function, function) && missing[i].instruction == instruction)
			return &missing[i];
	return NULL;
}

void on_load(const struct loaded *program)
{
	const struct btf *types = object ? bpf_object__btf(object) : NULL;
	const char *name = current ? bpf_program__name(current) : NULL;
	const struct bpf_func_info *function = program->functions;
	bool *reached;

	if (!name || !function) /* libbpf asks what the kernel can do */
		return;
	reached = calloc(program->count, sizeof(*reached));
	if (!reached)
		abort();
	find_reached(program->instructions, program->count, reached);
	for (size_t i = 0; i < program->count; i++) {
		const struct missing *what;
		const char *inside;

		while (function + 1 < program->functions + program->function_count &&
		       function[1].insn_off <= i)
			function++;
		if (!is_poison(&program->instructions[i]))
			continue;
		inside = btf__name_by_offset(types,
					     btf__type_by_id(types, function->type_id)->name_off);
		what = missing_at(inside, i - function->insn_off);
		if (!what)
			fail("something is missing, and libbpf did not say what", inside);
		printf("%s: %s (%s)\n", name, what->what, reached[i] ? "reached" : "guarded");
	}
	free(reached);
	current = NULL;
}

static void open_object(const char *path, const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = types);

	object = bpf_object__open_file(path, &options);
	if (!object)
		fail("is no BPF object", path);
}

static void list_programs(const char *path)
{
	struct bpf_program *program;

	open_object(path, NULL);
	bpf_object__for_each_program (program, object)
		printf("%s %s\n", bpf_program__name(program), bpf_program__section_name(program));
}

static void list_names(const char *path)
{
	struct btf *types = btf__parse(path, NULL);

	if (!types)
		fail("holds no types", path);
	for (__u32 i = 1; i < btf__type_cnt(types); i++) {
		const struct btf_type *type = btf__type_by_id(types, i);

		if (btf_is_func(type) || btf_is_typedef(type))
			printf("%s\n", btf__name_by_offset(types, type->name_off));
	}
}

static void check(const char *path, const char *types, char **names)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = remember);
	struct bpf_program *program;

	libbpf_set_print(listen);
	if (libbpf_register_prog_handler("tp+", BPF_PROG_TYPE_TRACEPOINT, 0, &handler) < 0)
		fail("libbpf does not let us look at its programs", path);
	open_object(path, types);
	bpf_object__for_each_program (program, object)
		bpf_program__set_autoload(program, false);
	for (; *names; names++) {
		program = bpf_object__find_program_by_name(object, *names);
		if (!program)
			fail("there is no such program", *names);
		bpf_program__set_autoload(program, true);
	}
	if (bpf_object__load(object))
		fail("cannot be relocated", path);
}

int main(int count, char **arguments)
{
	if (count == 3 && !strcmp(arguments[1], "programs"))
		list_programs(arguments[2]);
	else if (count == 3 && !strcmp(arguments[1], "has"))
		list_names(arguments[2]);
	else if (count > 4 && !strcmp(arguments[1], "check"))
		check(arguments[2], arguments[3], arguments + 4);
	else
		fail("relocate programs OBJECT | has TYPES | check OBJECT TYPES NAME...", "usage");
	return 0;
}
