# Alerts as they come, out of the lines of all kinds: when, whose process, what it did to which file, and who started it.
include "names";

select(.type == "alert")
| [.time[11:19], (.user_unit // .unit // .container.name // .container.id // .cgroup.path // .slice // "?"), .comm,
   (.exe // "-"), .op, (.path // "?"), (.parents | join(" < "))]
| map(legible) | @tsv
