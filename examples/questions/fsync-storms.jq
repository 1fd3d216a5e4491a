# Who waits for the disk, and how often? Syncs a second in the worst window, and how many bytes each of them was about.
include "names";

[.[] | select(.type == "unit" and (.syncs // 0) > 0)] | group_by(place)
| map({
    name: (.[0] | place), syncs: total(.syncs), writes: total(.writes),
    bytes: total(.write_bytes), worst: (map(.syncs / .window.seconds) | max)
  })
| sort_by(-.worst) | .[:10]
| map([(.worst | round), .syncs, .writes, (.bytes / .syncs | round), .name])
| table(["SYNCS/s", "SYNCS", "WRITES", "BYTES/SYNC", "UNIT"])
