# Alerts as they come, out of the lines of all kinds: when, whose process, what it did to which file, and who started it.
include "names";

select(.type == "alert")
| [.time[11:19], (.container.name // .container.id // .user_unit // .unit // .cgroup.path // .slice // "?"), .comm,
   (.exe // "-"), .op, (.path // "?"), (.parents | join(" < "))]
| map(legible) | @tsv
