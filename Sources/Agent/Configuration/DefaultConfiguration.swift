/// The annotated default configuration, as `otagent defaults` prints it.
///
/// `config/agent.toml` is the same text byte for byte; a test compares them.
package enum DefaultConfiguration {
    package static let text = ##"""
        # otagent: file activity per systemd unit and container.
        #
        # Every key is shown with its default value. Durations: "500ms" "10s" "1m30s" "24h"; sizes: "512KiB" "64MiB".
        # In strings, ${NAME} and ${NAME:-default} stand for environment variables, $$ for a dollar sign.
        # Check a change with: otagent check --config FILE

        [agent]
        interval = "10s"                    # length of a window; windows begin at whole multiples of it
        state_dir = "/var/lib/otagent"      # what has to survive a restart
        hostname = ""                       # "" = the host's own
        shutdown_timeout = "5s"             # how long to go on delivering after a signal to stop

        [trace]
        backend = "auto"                    # auto | tracepoint
        pseudo_filesystems = false          # true: count /proc, /sys and the like in the main figures
        max_kernel_memory = "64MiB"         # for counters; beyond it they are summed up coarser, nothing is lost
        max_writers_per_unit = 50           # shown for each unit, biggest first; the rest sums up to the writer "*"
        max_units = 10000                   # rows in a batch; the rest sums up to the unit "*"
        fold_transient = true               # one name in series for run-u12.service and its like: run-u*.service

        [containers]
        names = true                        # names, images and pods, from the files of the runtimes
        state_dirs = []                     # more directories to look in, e.g. ["/srv/docker"]
        sockets = []                        # to ask where no file tells, e.g. ["unix:/run/docker.sock", "unix:/run/podman/podman.sock"]
        socket_timeout = "500ms"            # for one question

        # Where batches go: any number of outputs, each a table with a name of your own.

        [outputs.terminal]
        type = "stdout"
        format = "ndjson"                   # ndjson | json | otlp
        group_by = []                       # [] = a row for each cgroup; or any of unit, slice, user, container, pod
        max_batch_bytes = "4MiB"            # a bigger window goes out in parts
        max_waiting_bytes = "16MiB"         # what may wait while nobody reads; beyond it the oldest is dropped

        #[outputs.collector]
        #type = "http"
        #url = "https://collector.example/ingest"
        #format = "json"                    # json | ndjson | otlp
        #group_by = []
        #max_batch_bytes = "4MiB"           # before compression
        #compression = "gzip"               # gzip | none
        #timeout = "10s"                    # for a request as a whole
        #connect_timeout = "5s"             # for connecting alone, TLS included
        #unix_socket = ""                   # connect to this socket, e.g. "/run/collector.sock", not to the host of the url
        #proxy = ""                         # "" = none; e.g. "http://proxy.example:3128", or "${HTTPS_PROXY:-}" to ask the environment
        #proxy_username = ""                # together with proxy_password_file
        #proxy_password_file = ""
        #bearer_token_file = ""             # or username and password_file; e.g. "${CREDENTIALS_DIRECTORY}/token"
        #username = ""
        #password_file = ""
        #headers = {}                       # e.g. { X-Scope-OrgID = "sre" }
        #allow_insecure_auth = false        # credentials over plain http beyond this host are refused
        #[outputs.collector.tls]
        #ca_file = ""                       # "" = the system's authorities
        #cert_file = ""
        #key_file = ""
        #server_name = ""                   # "" = the host of the url
        #min_version = "1.2"                # 1.2 | 1.3
        #insecure_skip_verify = false
        #[outputs.collector.retry]          # pauses between attempts
        #initial = "1s"
        #max = "60s"
        #[outputs.collector.spool]          # what may wait for delivery, on disk in state_dir
        #max_bytes = "64MiB"
        #max_age = "24h"

        #[outputs.local]
        #type = "file"
        #path = "/var/log/otagent/activity.ndjson"
        #format = "ndjson"                  # ndjson | json | otlp
        #group_by = []
        #max_batch_bytes = "4MiB"
        #max_waiting_bytes = "16MiB"        # what may wait while the file cannot be written
        #rotate_size = "64MiB"              # no file gets bigger: a new one is begun; "0" = whatever its size
        #rotate_every = "24h"               # a new file at whole multiples of it, UTC; "0s" = at no time
        #keep_files = 7                     # old files that are kept
        #keep_bytes = "512MiB"              # and how big they may be together
        #compress = "gzip"                  # gzip | none, of old files

        [http]                              # the local endpoint: /metrics, /healthz, /api/v1/..., and / for a browser
        listen = ""                         # "" = none; e.g. "127.0.0.1:9469" or "unix:/run/otagent/http.sock"
        allow_remote = false                # needed, with token_file, for an address beyond this host
        token_file = ""
        expire_after = "15m"                # how long an idle unit keeps its series

        #[[watch]]                          # declared writers: anyone else raises an alert
        #slice = "system.slice"             # slice, unit and container are globs; at least one of them
        #unit = ""
        #container = ""
        #paths = ["/etc/**"]                # [] = everywhere
        #allow = ["/usr/bin/dpkg", "unit:apt-daily*.service", "comm:puppet", "uid:0"]
        #ops = ["write", "create", "delete", "rename", "truncate", "allocate", "link", "symlink", "mkdir", "shared_map"]
        #urgent = false                     # true: sent at once, not with the next window

        [baseline]                          # learned writers: who was never seen there raises an alert
        enabled = false
        learn_for = "24h"

        [alerts]
        exec = []                           # a program started for each alert, which it gets as JSON
        max_per_window = 100                # the rest is counted and waits for the next windows; 0: none is told

        """##
}
