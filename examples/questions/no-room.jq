# Which service hits ENOSPC? Failed writes by error, with the first and the last window that had them.
include "names";

[.[] | select(.type == "unit" and (.write_failures // 0) > 0)
  | . as $row | .write_errors | to_entries[] | {error: .key, count: .value, name: ($row | place), end: $row.window.end}]
| group_by([.name, .error])
| map([total(.count), .[0].error, .[0].name, (map(.end) | min[:19]), (map(.end) | max[:19])])
| sort_by(-.[0])
| table(["WRITES", "ERROR", "UNIT", "FIRST WINDOW", "LAST WINDOW"])
