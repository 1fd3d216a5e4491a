/* SPDX-License-Identifier: Apache-2.0 */
/* Embeds the compiled BPF objects, so that the binary needs no file beside it. */
#include "kernel_abi.h"
#include "trace_abi.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#if !__has_embed("../.bpf/files.bpf.o") || !__has_embed("../.bpf/trace.bpf.o")
#error the BPF objects are not built yet: run "make bpf" first (plain "make" does it all)
#endif

static const unsigned char files_bytes[] __attribute__((aligned(8))) = {
#embed "../.bpf/files.bpf.o"
};

const struct ot_object ot_object_files = { "files", files_bytes, sizeof files_bytes };

static const unsigned char trace_bytes[] __attribute__((aligned(8))) = {
#embed "../.bpf/trace.bpf.o"
};

const struct ot_object ot_object_trace = { "trace", trace_bytes, sizeof trace_bytes };
