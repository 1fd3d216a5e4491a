# SPDX-License-Identifier: Apache-2.0
"""All a collector can do wrong, one after the other, then nothing wrong: what arrived, and what was kept secret.

Two outputs, one with a token and one with a password; the file beside them says what must arrive.
"""
import base64
import json
import re
import secrets
import subprocess
import zlib

import faults
from faults import check, wait

CONFIGURATION = """
[agent]
interval = "1s"
state_dir = "{folder}/state"
[outputs.file]
type = "file"
path = "{folder}/batches.json"
format = "json"
rotate_size = "0"
rotate_every = "0s"
[outputs.token]
url = "http://127.0.0.1:{port}/token"
bearer_token_file = "{folder}/token"
{rest}
[outputs.password]
url = "http://127.0.0.1:{port}/password"
username = "alice"
password_file = "{folder}/password"
compression = "none"
{rest}
"""
REST = """type = "http"
timeout = "700ms"
retry.initial = "50ms"
retry.max = "200ms"
"""
PATHS = {"/token", "/password"}


def modes(elsewhere, rounds):
    """What it does, and how many requests of each output it does that to."""
    yield from [("hang", 1), ("trickle", 1), ("reset", 2 * rounds), ("big:503", 1), ("big:200", 1)]
    yield from [("after:1", 1), ("date:2", 1), ("503", 3 * rounds), ("rows:1", 8), ("plain", 2)]
    yield from [(f"redirect:http://localhost:{elsewhere}/take", 2), ("partial:1", 1), ("400", 1)]


def drive(place, options):
    folder = place.folder
    place.keep(faults.Workers(folder, 6))
    collector, elsewhere = place.keep(faults.Collector(folder)), place.keep(faults.Collector(folder, "elsewhere"))
    words = {name: f"{name}-{secrets.token_hex(12)}" for name in ("token", "password", "new")}
    config = folder / "agent.toml"
    config.write_text(CONFIGURATION.format(folder=folder, port=collector.port, rest=REST))
    (folder / "token").write_text(words["token"] + "\n")
    (folder / "password").write_text(words["password"] + "\n")
    agent = place.keep(faults.Agent(options.agent, config, folder / "agent.log")).wait_ready()

    def asked(mode, count):
        """Whether every output has sent so many requests to this mode."""
        seen = [r["path"] for r in collector.look() if r["mode"] == mode]
        return all(seen.count(path) >= count for path in PATHS)

    collector.order("down")
    for name in ("token", "password"):
        wait(lambda: re.search(f"output '{name}': .*(refused|connect)", agent.said), "connections are refused")
    collector.mode("hang")
    collector.order("up")
    for _ in range(options.rounds):
        for mode, count in modes(elsewhere.port, options.rounds):
            before = sum(r["mode"] == mode for r in collector.look())
            collector.mode(mode)
            wait(lambda: asked(mode, count) and sum(r["mode"] == mode for r in collector.look()) > before, mode, 60)
    # Proven by files that are wrong, and then right; nobody tells the agent.
    mode = f"token:{words['new']}"
    collector.mode(mode)
    wait(lambda: asked(mode, 2), "401")
    check(not any(r["taken"] for r in collector.look() if r["mode"] == mode), "a wrong token did")
    for name in ("token", "password"):
        (folder / name).write_text(words["new"] + "\n")
    wait(lambda: {r["path"] for r in collector.look() if r["mode"] == mode and r["taken"]} == PATHS,
         "what the files say now is used", 60)
    texts = [told(options.agent, config, agent)]
    collector.mode("200")
    windows = len(faults.documents(folder / "batches.json"))
    wait(lambda: len(faults.documents(folder / "batches.json")) > windows, "another window")
    agent.stop()
    texts.append(agent.said)
    judge(folder, collector, elsewhere, agent)
    packed = [base64.b64encode(f"alice:{word}".encode()).decode() for word in words.values()]
    kept_secret(texts, [*words.values(), *packed])


def told(program, config, agent):
    """Everything that the programs say and that lies on disk while batches wait."""
    texts = [agent.said]
    for command in (["check"], ["spool", "ls"], ["spool", "ls", "--json"], ["spool", "verify"]):
        done = subprocess.run([program, *command, "--config", config], capture_output=True, text=True)
        texts += [done.stdout, done.stderr]
    for path in config.parent.joinpath("state").rglob("*"):
        try:
            data = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue
        head, _, body = data.partition(b"\n")
        plain = zlib.decompress(body, 31) if body.startswith(b"\x1f\x8b") else b""
        texts += [data.decode("latin-1"), plain.decode("latin-1")]
    return "\n".join(texts)


def kept_secret(texts, words):
    for text in texts:
        for word in words:
            place = text.find(word)
            check(place < 0, f"a secret is told: {text[max(place - 200, 0):place + 80]}")


def judge(folder, collector, elsewhere, agent):
    requests = collector.look()
    check(not elsewhere.look(), "something went to where the redirect pointed")
    again = faults.check_same(requests)
    expected = faults.documents(folder / "batches.json")
    for path in sorted(PATHS):
        mine = [r for r in requests if r["path"] == path]
        check(all(r["auth"].startswith("Bearer " if path == "/token" else "Basic ") for r in mine), "no proof of who")
        taken = {r["key"]: json.loads(r["plain"]) for r in mine if r["taken"]}
        # What it would never take is kept aside, and counted.
        aside = faults.spooled(folder / "state/spool" / path[1:] / "rejected")
        refused = {r["key"] for r in mine if r["mode"] == "400"} - taken.keys()
        check(aside.keys() == refused, f"set aside {sorted(aside)}, refused {sorted(refused)}")
        check(not faults.spooled(folder / "state/spool" / path[1:]), "something is left in the spool")
        rows = sum(item["header"]["rows"] for item in aside.values())
        counted = f"output '{path[1:]}': {len(aside)} batches ({rows + partial(mine)} rows) were not delivered"
        check(counted in agent.said, f"the log does not have \"{counted}\"")
        arrived = faults.check_rows(expected, {**taken, **{key: item["document"] for key, item in aside.items()}})
        check(arrived == sum(len(document["units"]) for document in expected.values()), "rows")
        answers = sorted({(r["mode"].split(":")[0], r["status"]) for r in mine})
        print(f"{path}: {len(expected)} batches, {arrived} rows written; {len(taken)} taken, {len(aside)} refused "
              f"with {rows} rows; {len(mine)} requests; answers {answers}")
    print(f"{again} requests beyond one for a batch; no secret in log, state, check or spool; nothing went elsewhere")


def partial(mine):
    """Rows that answers named as not wanted: one each."""
    return sum(r["mode"] == "partial:1" for r in mine)


if __name__ == "__main__":
    faults.run(drive, faults.arguments(__doc__, rounds=(3, "how often")))
