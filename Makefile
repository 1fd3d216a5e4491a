# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets; V=1 shows the commands; DEPS=skip leaves the system's packages alone.

.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules

ARCH   := $(shell uname -m)
SUDO   := $(if $(filter 0,$(shell id -u)),,sudo)
PREFIX ?= /usr/local
SYSCONFDIR ?= $(if $(filter /usr /usr/local,$(PREFIX)),/etc,$(PREFIX)/etc)

# The Swift toolchain brings a clang with the BPF back end and an llvm-objcopy: no other compiler is needed.
SWIFT      ?= swift
swift_path := $(shell command -v $(SWIFT) 2>/dev/null)
swift_dir  := $(dir $(realpath $(swift_path)))
tool        = $(firstword $(wildcard $(swift_dir)$(1) $(dir $(swift_path))$(1)) $(1))
CLANG      ?= $(call tool,clang)
OBJCOPY    ?= $(call tool,llvm-objcopy)

# -mcpu=v3: what the oldest kernel we load on (5.10) knows; its atomics that return a value it refuses, so none are used.
# A hook has its context whether it reads it or not, so an unused parameter is no mistake.
BPF_ARCH  := $(or $(if $(filter x86_64,$(ARCH)),x86),$(if $(filter aarch64,$(ARCH)),arm64),$(ARCH))
BPF_FLAGS := -g -O2 -Wall -Wextra -Werror -Wno-unused-parameter -target bpf -mcpu=v3 \
             -D__TARGET_ARCH_$(BPF_ARCH) -Ibpf/include -I/usr/include/$(ARCH)-linux-gnu
OBJECTS   := $(patsubst bpf/%.bpf.c,.bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
TEST_OBJECTS := $(patsubst %.bpf.c,.bpf/tests/%.bpf.o,$(notdir $(wildcard Tests/*/objects/*.bpf.c)))
HEADERS   := $(wildcard bpf/*.h bpf/include/*.h)

BENCH := .build/bench
STRESS_SECONDS ?= 120
KILLS ?= 100
SECONDS ?= 1200
C_FORMATTED = $(wildcard bpf/*.[ch] bpf/include/*.h Sources/*/*.c Sources/*/include/*.h Tests/*/*.[ch] Tests/*/*/*.[ch])

V   ?= 0
Q   := $(if $(filter 0,$(V)),@)
quiet := $(if $(filter 0,$(V)),--quiet)
say  = @$(if $(filter 0,$(V)),printf '  %-5s %s\n' $(1) $(2),:)

.PHONY: all build bpf release run test prometheus-tools test-otlp otlp-tools test-exports export-tools test-page test-stress test-faults steady soak test-kernels relocation-fixtures truth lint format bench bench-cgroups bench-trace bench-parts bench-delivery deps install clean help swift
.PHONY: deps-build deps-test deps-lint deps-bench deps-kernels deps-otlp deps-exports deps-page

all: build

build: bpf $(TEST_OBJECTS) swift  ## the BPF objects, then both programs (debug)
	$(call say,SWIFT,"debug (the first time takes minutes)")
	$(Q)$(SWIFT) build $(quiet)

bpf: deps-build $(OBJECTS)  ## the BPF objects alone

# An object that was absent is in no dependency file yet: touching the file that embeds it makes SwiftPM look again.
.bpf/%.bpf.o: bpf/%.bpf.c $(HEADERS) Makefile | .bpf deps-build
	$(call say,BPF,$(@F))
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(Q)$(OBJCOPY) --strip-debug $@
	$(Q)touch bpf/objects.c

vpath %.bpf.c $(wildcard Tests/*/objects)
.bpf/tests/%.bpf.o: %.bpf.c Makefile | .bpf/tests deps-build
	$(call say,BPF,$(@F))
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@
	$(Q)$(OBJCOPY) --strip-debug $@

.bpf .bpf/tests $(BENCH):
	$(Q)mkdir -p $@

swift:
	@[ -n "$(swift_path)" ] || { \
	echo "Swift 6.2 or later is needed on PATH: see https://www.swift.org/install/linux/" >&2; exit 1; }

release: bpf swift  ## both programs, optimised, with the Swift runtime inside
	$(call say,SWIFT,"release (the first time takes minutes)")
	$(Q)$(SWIFT) build -c release --static-swift-stdlib $(quiet)

run: release  ## build, then watch this host: make run ARGS="--duration 30s"
	$(call say,RUN,"otagent --config config/agent.toml $(ARGS)")
	$(Q)$(SUDO) .build/release/otagent --config config/agent.toml $(ARGS)

# What containers run: static, as nothing of this host is in them.
WORKLOAD := .build/containers/workload
$(WORKLOAD): $(wildcard Tests/Workload/*.[ch]) | deps-build
	$(call say,CC,"$(@F) for containers")
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) -O1 -static -Wall -Wextra -Werror -fuse-ld=lld $(filter %.c,$^) -o $@ -luring -lpthread

# In this order and not at once: attaching programs is serial in the kernel, and the system tests have deadlines. A program that
# other tests are about to start holds the descriptors of this process for a moment, and what they attach with them.
test: build deps-test prometheus-tools $(WORKLOAD)  ## everything; kernel and system tests run when you are root
ifdef ARGS
	$(call say,TEST,"$(ARGS)")
	$(Q)$(SWIFT) test $(ARGS)
else
	$(call say,TEST,"all but the kernel's side")
	$(Q)$(SWIFT) test --skip BPFTests --skip KernelTests --skip SystemTests --skip TracerTests
	$(call say,TEST,TracerTests)
	$(Q)$(SWIFT) test --skip-build --filter TracerTests
	$(call say,TEST,"BPFTests and KernelTests")
	$(Q)$(SWIFT) test --skip-build --filter BPFTests --filter KernelTests
	$(call say,TEST,SystemTests)
	$(Q)$(SWIFT) test --skip-build --filter SystemTests
endif

test-otlp: build deps-test otlp-tools  ## OTLP against the official definitions and real receivers (root)
	$(call say,TEST,"OTLP")
	$(Q)$(SWIFT) test --skip-build --filter SystemTests.OTLP

test-page: build deps-page  ## the live page in a headless Chromium, with pictures in .build/page
	$(call say,TEST,"the live page")
	$(Q)Tests/Page/tools .build/page
	$(Q)cd Tests/Page && OT_PICTURES=$(CURDIR)/.build/page $(CURDIR)/.build/page/venv/bin/python -B test_page.py

prometheus-tools: deps-test
	$(Q)Tests/Prometheus/tools .build/prometheus

otlp-tools: deps-otlp
	$(Q)Tests/OTLP/tools .build/otlp

test-exports: build deps-test export-tools  ## opentrace's exports against their own readers and validators (root)
	$(call say,TEST,"exports")
	$(Q)$(SWIFT) test --skip-build --filter SystemTests.RunAnalysis

export-tools: deps-exports
	$(Q)Tests/Exports/tools .build/exports

test-stress: build deps-test  ## 64 processes in 64 cgroups that do everything at once (root): STRESS_SECONDS=120
	$(call say,TEST,"64 processes in 64 cgroups for $(STRESS_SECONDS) s")
	$(Q)OT_STRESS_SECONDS=$(STRESS_SECONDS) $(SWIFT) test --skip-build --filter SystemTests.Stress

test-faults: build deps-test  ## kills, a bad collector and a full disk, for minutes (root): KILLS=100
	$(call say,TEST,"$(KILLS) kills")
	$(Q)$(SUDO) python3 -B Tests/Faults/kills.py .build/debug/otagent --kills $(KILLS) $(ARGS)
	$(call say,TEST,"a bad collector")
	$(Q)$(SUDO) python3 -B Tests/Faults/storm.py .build/debug/otagent
	$(call say,TEST,"a disk of 256 KiB")
	$(Q)$(SUDO) python3 -B Tests/Faults/small_disk.py .build/debug/otagent

steady: build deps-test  ## the baseline before a workload that goes on as it is (root): ARGS="--seconds 600 --learn 60"
	$(call say,TEST,"a steady workload")
	$(Q)$(SUDO) python3 -B Tests/Faults/steady.py .build/debug/otagent $(ARGS)

soak: build deps-test  ## a collector that comes and goes, reloads, rotating files; nothing grows (root): SECONDS=1200
	$(call say,TEST,"for $(SECONDS) s")
	$(Q)$(SUDO) python3 -B Tests/Faults/soak.py .build/debug/otagent --seconds $(SECONDS) $(ARGS)

truth: deps-build swift  ## the workload without an agent: what it did, as JSON (root); ARGS="--repeat 10 --dir /mnt"
	$(call say,SWIFT,workload) >&2
	$(Q)$(SWIFT) build $(quiet) --product workload >&2
	$(call say,RUN,"workload --suite $(ARGS)") >&2
	$(Q)truth=$$($(SUDO) .build/debug/workload --suite $(ARGS)) && printf '%s' "$$truth" | python3 -m json.tool

# On x86-64 hosts. The guests are emulated, so neither KVM nor root is needed (but for the missing packages).
test-kernels: release deps-kernels $(WORKLOAD)  ## the release under Debian kernels in QEMU: make test-kernels KERNELS="5.10 6.12"
	$(Q)python3 -B Tests/Kernels/run.py --kernels "$(KERNELS)" $(ARGS)

# The newest kernel of each series that is fetched; delete .build/kernels for newer ones.
SERIES := 5.10 6.1 6.12 6.18 7
relocation-fixtures: bpf deps-kernels  ## the kernel types that RelocationTests relocate against, out of Debian's kernels
	$(Q)Tests/Kernels/fetch .build/kernels $(SERIES)
	$(Q)for series in $(SERIES); do python3 -B Tests/RelocationTests/reduce.py \
	$(OBJECTS) .build/kernels/$$series/vmlinuz Tests/RelocationTests/kernels/$$series.btf || exit 1; done

lint: deps-lint swift  ## formatting, import fences, file lengths
	$(call say,LINT,"swift format")
	$(Q)$(SWIFT) format lint --strict --parallel --recursive Sources Tests Package.swift
	$(call say,LINT,clang-format)
	$(Q)clang-format --dry-run -Werror $(C_FORMATTED)
	$(call say,LINT,fences)
	$(Q)python3 .ci/fences.py

format: deps-lint swift  ## both formatters, in place
	$(call say,FMT,"swift format")
	$(Q)$(SWIFT) format --in-place --parallel --recursive Sources Tests Package.swift
	$(call say,FMT,clang-format)
	$(Q)clang-format -i $(C_FORMATTED)

bench: release bench-tools  ## cost per call beside empty programs and bpftrace (root): make bench ARGS="--rounds 7"
	$(Q)$(SUDO) python3 Tests/Bench/run.py --tools $(BENCH) --agent .build/release/otagent $(ARGS)

bench-cgroups: release $(BENCH)/cgroup_writes  ## CPU and memory of the agent with 10,000 cgroups (root): ARGS="--cgroups 1000"
	$(Q)$(SUDO) python3 -B Tests/Bench/cgroups.py --tools $(BENCH) --agent .build/release/otagent $(ARGS)

bench-trace: release deps-bench $(BENCH)/cost_per_call $(BENCH)/open_rate  ## what tracing opens costs (root): ARGS="cost build rate start"
	$(Q)$(SUDO) python3 -B Tests/Bench/trace.py --tools $(BENCH) --opentrace .build/release/opentrace $(ARGS)

bench-parts: deps-build swift  ## what parts of the agent cost by themselves (root): ARGS="render spool drain"
	$(Q)$(SWIFT) build $(quiet) -c release --product bench-parts
	$(Q)$(SUDO) .build/release/bench-parts $(ARGS)

bench-delivery: release  ## how fast a backlog is delivered on loopback: ARGS="--batches 10000"
	$(Q)python3 -B Tests/Faults/drain.py .build/release/otagent $(ARGS)

.PHONY: bench-tools
bench-tools: deps-bench $(BENCH)/cost_per_call $(BENCH)/attach $(BENCH)/empty.bpf.o

$(BENCH)/%: Tests/Bench/%.c | $(BENCH) deps-bench
	$(call say,CC,$(@F))
	$(Q)$(CLANG) -g -O2 -Wall -Wextra -Werror -fuse-ld=lld $< -o $@ -lbpf -lelf -lz -luring

$(BENCH)/%.bpf.o: Tests/Bench/%.bpf.c Makefile | $(BENCH) deps-bench
	$(call say,BPF,$(@F))
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@

deps: deps-build deps-test deps-lint  ## install the Debian packages that are missing

# A look at dpkg's list takes 20 ms, so there is no stamp file to go stale.
deps-build deps-test deps-lint deps-bench deps-kernels deps-otlp deps-exports deps-page: deps-%:
	@DEPS=$(DEPS) CLANG=$(CLANG) .ci/deps $*

install: release  ## into PREFIX (/usr/local); an existing agent.toml is kept
	$(Q)$(SUDO) install -D -m 755 -t $(DESTDIR)$(PREFIX)/bin .build/release/otagent .build/release/opentrace
	$(Q)config=$(DESTDIR)$(SYSCONFDIR)/otagent/agent.toml; \
	if [ -e $$config ]; then echo "$$config: kept as it is"; \
	else $(SUDO) install -D -m 640 config/agent.toml $$config; fi
	$(Q)sed 's,/usr/local/bin,$(PREFIX)/bin,; s,/etc/otagent,$(SYSCONFDIR)/otagent,' config/otagent.service | \
	$(SUDO) install -D -m 644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/otagent.service

clean:  ## remove everything that was built
	$(Q)rm -rf .build .bpf

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name text; \
	do printf '  make %-12s %s\n' "$$name" "$$text"; done
