#ifndef CLIBBPF_H
#define CLIBBPF_H
#include <bpf/libbpf.h>
#include <bpf/bpf.h>
#endif
