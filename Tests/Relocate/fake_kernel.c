/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libbpf relocates an object only on its way into the kernel, and that way needs privileges. So the kernel is left out: the
 * dynamic linker binds libbpf's calls of syscall(2) to the function here, which says yes to everything bpf(2) is asked.
 */
#define _GNU_SOURCE
#include "relocate.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static int some_descriptor(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static long fake_bpf(long command, const union bpf_attr *attributes)
{
	struct loaded program;

	switch (command) {
	case BPF_PROG_LOAD:
		program.instructions = (const void *)(unsigned long)attributes->insns;
		program.count = attributes->insn_cnt;
		program.functions = (const void *)(unsigned long)attributes->func_info;
		program.function_count = attributes->func_info_cnt;
		on_load(&program);
		return some_descriptor();
	case BPF_MAP_CREATE:
	case BPF_BTF_LOAD:
		return some_descriptor();
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_PROG_BIND_MAP:
		return 0;
	default:
		errno = EINVAL;
		return -1;
	}
}

long syscall(long number, ...)
{
	long (*real)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	long argument[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(arguments, long);
	va_end(arguments);
	if (number == SYS_bpf)
		return fake_bpf(argument[0], (const union bpf_attr *)argument[1]);
	return real(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		    argument[5]);
}
