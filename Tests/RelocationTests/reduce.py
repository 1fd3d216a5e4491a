#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""reduce.py OBJECT... VMLINUZ BTF: the types of a kernel, reduced to those that BPF objects relocate against.

Those types are kept with all their fields, so that a view may grow without a new fixture; so is what they hold by value.
Of functions and events only those are kept that the objects attach to or call: that they are there is all there is to know.
"""

import pathlib
import struct
import subprocess
import sys

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO = range(1, 14)
VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(14, 20)
# What follows the three words that every type begins with: so many words, and so many for each member.
WORDS = {INT: (1, 0), ARRAY: (3, 0), STRUCT: (0, 3), UNION: (0, 3), ENUM: (0, 2), FUNC_PROTO: (0, 2), VAR: (1, 0),
         DATASEC: (0, 3), DECL_TAG: (1, 0), ENUM64: (0, 3)}  # fmt: skip
REFERENCES = {PTR, TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG}
COMPRESSIONS = {b"\xfd7zXZ": "xz", b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\x02!L\x18": "lz4"}


def unpacked(vmlinuz):
    """The ELF file inside an x86 boot image (Documentation/arch/x86/boot.rst: payload_offset, payload_length)."""
    offset, length = struct.unpack_from("<II", vmlinuz, 0x248)
    begin = ((vmlinuz[0x1F1] or 4) + 1) * 512 + offset
    payload = vmlinuz[begin : begin + length - 4]  # the last four bytes are the size
    tool = next(tool for magic, tool in COMPRESSIONS.items() if payload.startswith(magic))
    return subprocess.run([tool, "-dc"], input=payload, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def sections(elf):
    """The sections of a 64-bit ELF file by name."""
    (table,) = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    rows = [struct.unpack_from("<IIQQQQ", elf, table + i * size) for i in range(count)]
    return {text(elf, rows[names][4] + row[0]): elf[row[4] : row[4] + row[5]] for row in rows}


def text(data, offset):
    return data[offset : data.index(b"\0", offset)].decode()


class Types:
    """The types of a .BTF section: for each its words, as a list; a type's number is its place."""

    def __init__(self, section):
        header, types, types_length, strings, strings_length = struct.unpack_from("<4xIIIII", section)
        self.strings = section[header + strings : header + strings + strings_length]
        words = struct.unpack_from(f"<{types_length // 4}I", section, header + types)
        self.types, at = [[0, 0, 0]], 0
        while at < len(words):
            kind, members = words[at + 1] >> 24 & 31, words[at + 1] & 0xFFFF
            fixed, each = WORDS.get(kind, (0, 0))
            self.types.append(list(words[at : at + 3 + fixed + each * members]))
            at += len(self.types[-1])

    def kind(self, number):
        return self.types[number][1] >> 24 & 31

    def name(self, number):
        return text(self.strings, self.types[number][0])


def viewed(object_sections):
    """The names of the types an object relocates against, without their flavours."""
    types, ext = Types(object_sections[".BTF"]), object_sections[".BTF.ext"]
    (header,) = struct.unpack_from("<4xI", ext)
    offset, length = struct.unpack_from("<II", ext, 24)
    at, end = header + offset, header + offset + length
    (size,) = struct.unpack_from("<I", ext, at)
    at += 4
    names = set()
    while at < end:
        _, count = struct.unpack_from("<II", ext, at)
        for i in range(count):
            _, number = struct.unpack_from("<II", ext, at + 8 + i * size)
            while types.kind(number) in REFERENCES:
                number = types.types[number][2]
            names.add(types.name(number).split("___")[0])
        at += 8 + count * size
    return names


def places(section):
    """The groups and events of tp/group/event, or of tp/group/begin_{one,other}."""
    _, group, event = section.split("/")
    begin, _, rest = event.partition("{")
    return [(group, begin + end) for end in rest.rstrip("}").split(",")]


# Functions whose presence the agent asks for.
ASKED = {"trace_call_bpf_faultable", "task_storage_map_alloc"}


def called(object_sections):
    """(functions, events) that an object attaches to, calls or is chosen by."""
    targets = [place for name in object_sections if name.startswith("tp/") for place in places(name)]
    functions = {"__x64_sys_" + event.split("_", 2)[2] for group, event in targets if group == "syscalls"} | ASKED
    events = {"btf_trace_" + event for group, event in targets if group != "syscalls"}
    types = Types(object_sections[".BTF"])
    externs = {types.name(n) for n in range(1, len(types.types)) if types.kind(n) == FUNC and types.types[n][1] & 0xFFFF == 2}
    return functions | externs, events


class Reduction:
    """A new .BTF section out of some types of another one."""

    def __init__(self, source, names):
        self.source, self.names = source, names
        self.types, self.numbers = [], {}
        self.strings, self.offsets = bytearray(b"\0"), {"": 0}

    def string(self, name):
        if name not in self.offsets:
            self.offsets[name] = len(self.strings)
            self.strings += name.encode() + b"\0"
        return self.offsets[name]

    def add(self, words):
        self.types.append(words)
        return len(self.types)

    def is_wanted(self, number):
        return self.source.kind(number) in (STRUCT, UNION, ENUM, ENUM64) and self.source.name(number) in self.names

    def pointee(self, number):
        """What a pointer points to needs no fields, for whoever follows it names its type."""
        kind = self.source.kind(number) if number else None
        if kind in (CONST, VOLATILE, TYPE_TAG):
            return self.pointee(self.source.types[number][2])
        return self.take(number) if number and self.is_wanted(number) else 0

    def take(self, number):
        """The new number of a type."""
        if number == 0 or number in self.numbers:
            return self.numbers.get(number, 0)
        words, kind = list(self.source.types[number]), self.source.kind(number)
        words[0] = self.string(self.source.name(number))
        self.numbers[number] = self.add(words)
        if kind == PTR:
            words[2] = self.pointee(words[2])
        elif kind in REFERENCES:
            words[2] = self.take(words[2])
        elif kind == ARRAY:
            words[3], words[4] = self.take(words[3]), self.take(words[4])
        elif kind in (STRUCT, UNION):
            for at in range(3, len(words), 3):
                words[at] = self.string(text(self.source.strings, words[at]))
                words[at + 1] = self.take(words[at + 1])
        elif kind in (ENUM, ENUM64) and not self.is_wanted(number):
            words[1] &= ~0xFFFF
            del words[3:]
        elif kind in (ENUM, ENUM64):
            for at in range(3, len(words), 2 if kind == ENUM else 3):
                words[at] = self.string(text(self.source.strings, words[at]))
        return self.numbers[number]

    def section(self):
        types = b"".join(struct.pack(f"<{len(words)}I", *words) for words in self.types)
        header = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(self.strings))
        return header + types + self.strings


def reduced(source, names, functions, events):
    result = Reduction(source, names)
    nothing = result.add([0, FUNC_PROTO << 24, 0])
    for number in range(1, len(source.types)):
        kind, name = source.kind(number), source.name(number)
        if result.is_wanted(number):
            result.take(number)
        elif kind == FUNC and name in functions:
            result.add([result.string(name), source.types[number][1], nothing])
        elif kind == TYPEDEF and name in events:
            result.add([result.string(name), TYPEDEF << 24, 0])
    return result.section()


def main():
    *ours, vmlinuz, target = (pathlib.Path(argument) for argument in sys.argv[1:])
    mine = [sections(path.read_bytes()) for path in ours]
    source = Types(sections(unpacked(vmlinuz.read_bytes()))[".BTF"])
    names = set().union(*map(viewed, mine))
    functions, events = (set().union(*sets) for sets in zip(*map(called, mine)))
    target.write_bytes(reduced(source, names, functions, events))


if __name__ == "__main__":
    main()
