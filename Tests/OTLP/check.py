# SPDX-License-Identifier: Apache-2.0
"""Holds requests of OTLP against the official protobuf definitions, and their sums against the batches of the same windows.

check.py file REQUESTS BATCHES      one request a line, in JSON; parsed strictly
check.py receive REQUESTS           a receiver on 127.0.0.1, its port in REQUESTS.port; appends each request as a line of JSON
check.py prometheus URL BATCHES     what a Prometheus says of the series it got

BATCHES has the agent's own documents, one a line: what windows add up to is reckoned here, by other hands than the agent's.
"""
import collections
import gzip
import http.server
import json
import sys
import urllib.parse
import urllib.request

from google.protobuf import json_format
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service
from opentelemetry.proto.metrics.v1 import metrics_pb2

PLAIN = {
    "opens": "opens", "opens_for_write": "opens_for_write", "path_opens": "path_opens",
    "open_failures": "open.failures", "creates": "creates", "writes": "writes", "write_bytes": "write.size",
    "write_failures": "write.failures", "deletes": "deletes", "renames": "renames", "mkdirs": "mkdirs",
    "mknods": "mknods", "symlinks": "symlinks", "links": "links", "truncates": "truncates",
    "allocates": "allocates", "syncs": "syncs", "shared_maps": "shared_maps", "device_writes": "device_writes",
}
RING = {"opens": "opens", "creates": "creates", "writes": "writes", "write_bytes": "write.size"}
PSEUDO = {"opens": "opens", "writes": "writes", "write_bytes": "write.size"}


def identity(row):
    """The attributes that docs/otlp.md promises for a row of one cgroup."""
    if row["kind"] == "unresolved":
        return {"otagent.remainder": "unresolved"}
    if row["kind"] == "overflow":
        return {"otel.metric.overflow": True}
    container, pod, cgroup = row["container"] or {}, row["pod"] or {}, row["cgroup"] or {}
    named = row["unit_series"] or container or pod or row["kind"] == "slice"
    attributes = {
        "systemd.unit.name": row["unit_series"], "systemd.user_unit.name": row["user_unit_series"],
        "systemd.slice.name": row["slice"], "container.id": container.get("id"),
        "container.runtime.name": container.get("runtime"), "container.name": container.get("name"),
        "k8s.pod.uid": pod.get("uid"), "k8s.pod.name": pod.get("name"),
        "k8s.namespace.name": pod.get("namespace"),
        "otagent.cgroup.path": None if named else cgroup.get("path"),
    }
    return {key: value for key, value in attributes.items() if value is not None}


def expected(batches):
    """What all windows add up to, by metric and attributes; without what is zero."""
    sums = collections.Counter()

    def add(metric, attributes, value, **more):
        if value:
            attributes = {**attributes, **{key.replace("__", "."): word for key, word in more.items()}}
            sums["otagent.file." + metric, frozenset(attributes.items())] += value

    for line in open(batches, encoding="utf-8"):
        for row in json.loads(line)["units"]:
            attributes = identity(row)
            for member, metric in PLAIN.items():
                add(metric, attributes, row[member])
            for member, metric in PSEUDO.items():
                add("pseudo." + metric, attributes, row["pseudo"][member])
            for via, ring in row["io_uring"].items():
                for member, metric in RING.items():
                    add("io_uring." + metric, attributes, ring[member], otagent__io_uring__via=via)
            for kind in "open", "write":
                for name, count in row[kind + "_errors"].items():
                    add(kind + ".errors", attributes, count, error__type=name)
    return sums


def value_of(attribute):
    return getattr(attribute.value, attribute.value.WhichOneof("value"))


def requests(path):
    for line in open(path, "rb"):
        yield json_format.Parse(line, service.ExportMetricsServiceRequest(), ignore_unknown_fields=False)


def told(path):
    """The last value of every series, after a look at whether each point may follow the one before."""
    last, resources, beats = {}, set(), 0
    for request in requests(path):
        for resource in request.resource_metrics:
            resources.add(resource.resource.SerializeToString(deterministic=True))
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    beats += metric.name == "otagent.windows"
                    for point in points(metric):
                        follow(last, metric.name, point)
    assert len(resources) == 1, "one resource for the host, the same in every request: %d" % len(resources)
    assert beats > 1, "the agent says something of itself in every window"
    return {key: values[2] for key, values in last.items() if key[0].startswith("otagent.file.")}


def points(metric):
    if metric.WhichOneof("data") == "gauge":
        return []
    assert metric.sum.is_monotonic, metric.name
    assert metric.sum.aggregation_temporality == metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE, metric.name
    return metric.sum.data_points


def follow(last, name, point):
    attributes = {attribute.key: value_of(attribute) for attribute in point.attributes}
    assert len(attributes) == len(point.attributes), "an attribute twice: %s" % point
    key = name, frozenset(attributes.items())
    value = getattr(point, point.WhichOneof("value"))
    assert 0 < point.start_time_unix_nano <= point.time_unix_nano, point
    if key in last:
        start, time, before = last[key]
        assert point.start_time_unix_nano == start, "begun anew: %s" % point
        assert point.time_unix_nano > time, "not later than the one before: %s" % point
        assert value >= before, "lower than before: %s" % point
    elif name.startswith("otagent.file."):
        assert value == 0, "the first point is zero: %s" % point
    last[key] = point.start_time_unix_nano, point.time_unix_nano, value


def compare(got, wanted):
    wrong = ["%s %s: %s, not %s" % (key[0], dict(key[1]), got.get(key), wanted.get(key))
             for key in sorted(got.keys() | wanted.keys(), key=str) if got.get(key) != wanted.get(key)]
    for line in wrong[:20]:
        print(line, file=sys.stderr)
    print(len(wanted))
    sys.exit(1 if wrong or not wanted else 0)


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = service.ExportMetricsServiceRequest.FromString(body)
        with open(sys.argv[2], "a", encoding="utf-8") as file:
            file.write(json_format.MessageToJson(request, indent=None) + "\n")
        answer = service.ExportMetricsServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def receive():
    server = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    with open(sys.argv[2] + ".port", "w", encoding="utf-8") as file:
        file.write(str(server.server_port))
    print("ready", file=sys.stderr, flush=True)
    server.serve_forever()


def translated(key):
    """A series as Prometheus calls it."""
    name, attributes = key
    unit = "_bytes" if name.endswith(".size") else ""
    labels = {label.replace(".", "_"): str(value).lower() if value is True else value for label, value in attributes}
    return name.replace(".", "_") + unit + "_total", frozenset(labels.items())


def prometheus(url):
    query = urllib.parse.urlencode({"query": '{__name__=~"otagent_file_.+"}[1h]'})
    with urllib.request.urlopen(url + "/api/v1/query?" + query, timeout=30) as answer:
        result = json.load(answer)["data"]["result"]
    sums = {}
    for series in result:
        labels = dict(series["metric"])
        assert labels.pop("job") == "otagent" and labels.pop("instance"), series["metric"]
        values = [int(value) for _, value in series["values"]]
        assert values == sorted(values) and values[0] == 0, series
        sums[labels.pop("__name__"), frozenset(labels.items())] = values[-1]
    return sums


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        receive()
    elif sys.argv[1] == "file":
        compare(told(sys.argv[2]), dict(expected(sys.argv[3])))
    else:
        compare(prometheus(sys.argv[2]), {translated(key): value for key, value in expected(sys.argv[3]).items()})
