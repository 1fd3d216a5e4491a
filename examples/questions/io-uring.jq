# Who uses io_uring on this host? What each unit does through it, by the way it goes, and the part that is of its writes.
include "names";

[.[] | select(.type == "unit" and any(.io_uring[]; (.opens // 0) + (.writes // 0) > 0))] | group_by(place)
| map({
    name: (.[0] | place), opens: total(.io_uring | map(.opens // 0) | add), all: total(.writes),
    inline: total(.io_uring.inline.writes), worker: total(.io_uring.worker.writes), sqpoll: total(.io_uring.sqpoll.writes)
  })
| map(. + {ring: (.inline + .worker + .sqpoll)}) | sort_by(-.ring, -.opens)
| map([.opens, .inline, .worker, .sqpoll, (if .all > 0 then "\(.ring / .all * 100 | round)%" else "-" end), .name])
| table(["OPENS", "INLINE", "WORKER", "SQPOLL", "OF ITS WRITES", "UNIT"])
