"""jsonschema over docs/asyncapi.json and docs/mqtt/schemas, and the chain of events as docs/mqtt.md tells it, by a reader
that has nothing but these. The folder docs as argument; a line of JSON {"topic", "payload": text} in, what it is out.
"""
import hashlib
import json
import re
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

docs = Path(sys.argv[1])
api = json.loads((docs / "asyncapi.json").read_text())


def addressed(ref):
    found = api
    for name in ref.removeprefix("#/").split("/"):
        found = found[name]
    return found


def by_address(channel):
    pattern = "/".join("[^/]+" if level.startswith("{") else re.escape(level) for level in channel["address"].split("/"))
    # {"$ref": channel's message} -> {"$ref": message} -> its payload
    messages = {name: addressed(message["$ref"])["payload"] for name, message in channel["messages"].items()}
    return re.compile(pattern), messages


judges = {}


# Schemas that are none are found by test/bridge/contract.test.ts; to check them costs more here than all the rest.
def judge_of(name, payload):
    if name not in judges:
        judges[name] = Draft202012Validator({**payload, "components": api["components"]})
    return judges[name]


def numbers(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), "a member twice"
    return dict(pairs)


channels = [by_address(channel) for channel in api["channels"].values()]
schemas = {path.stem: Draft202012Validator(json.loads(path.read_text())) for path in (docs / "mqtt" / "schemas").glob("*.json")}
before = None
for line in sys.stdin:
    case = json.loads(line)
    text = case["payload"]
    value = json.loads(text, object_pairs_hook=numbers)
    messages = next((found for pattern, found in channels if pattern.fullmatch(case["topic"])), {})
    fitting = [name for name, payload in messages.items() if judge_of(name, payload).is_valid(value)]
    answer = {"fits": fitting, "faults": []}
    for name in {name.split("-")[0] if name.startswith("event-") else name for name in fitting}:
        answer["faults"] += [f"{error.json_path} {error.message}" for error in schemas[name].iter_errors(value)]
    if case["topic"].endswith("/event"):
        told = f',"hash":"{value["hash"]}"'
        answer["hash"] = f"sha256:{hashlib.sha256(text.replace(told, '', 1).encode()).hexdigest()}" == value["hash"]
        if before is not None and before["epoch"] == value["epoch"]:
            answer["follows"] = value["prev"] == before["hash"] and value["prev-seq"] == before["seq"]
        before = value
    print(json.dumps(answer), flush=True)
