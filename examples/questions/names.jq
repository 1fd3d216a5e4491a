# What to call a row: its unit, its container or its path, without what a terminal would obey.
def legible: gsub("[\\p{Cc}\\p{Cf}]"; "?");
def place: (.user_unit_series // .unit_series // .container.name // .container.id // .cgroup.path // .slice // "?") | legible;
def total(figure): map(figure // 0) | add;
def table(heads): (heads, .[]) | map(tostring) | @tsv;
