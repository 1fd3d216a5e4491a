# Which service fills the disk? Bytes written and files made and deleted, the biggest first, with who wrote most in it.
include "names";

[.[] | select(.type == "unit")] | group_by(place)
| map({
    name: (.[0] | place), bytes: total(.write_bytes), writes: total(.writes), creates: total(.creates),
    deletes: total(.deletes),
    writer: ([.[].writers[]] | max_by(.write_bytes // 0) | (.exe // .comm // "-") | legible)
  })
| sort_by(-.bytes) | map(select(.bytes > 0)) | .[:10]
| map([.bytes, .writes, .creates, .deletes, .name, .writer])
| table(["BYTES", "WRITES", "CREATES", "DELETES", "UNIT", "BIGGEST WRITER"])
