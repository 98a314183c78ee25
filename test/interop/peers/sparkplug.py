"""pysparkplug, over Google's Protocol Buffers: one line of JSON {"verb", "payload": hex, "birth": hex} in, the message out.

{"rebirth": true} in: the command NCMD of a host that asks for a rebirth out, as hex.
"""
import json
import sys

from pysparkplug import DataType, Metric, NCmd
from pysparkplug._payload import DBirth, DData, DDeath, NBirth, NDeath

KINDS = {"NBIRTH": NBirth, "NDEATH": NDeath, "DBIRTH": DBirth, "DDATA": DData, "DDEATH": DDeath}


def shown(value):
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


for line in sys.stdin:
    case = json.loads(line)
    if case.get("rebirth"):
        metric = Metric(timestamp=1, name="Node Control/Rebirth", datatype=DataType.BOOLEAN, value=True)
        print(json.dumps({"payload": NCmd(timestamp=2, metrics=(metric,)).encode(include_dtypes=True).hex()}), flush=True)
        continue
    birth = DBirth.decode(bytes.fromhex(case["birth"])) if case.get("birth") else None
    message = KINDS[case["verb"]].decode(bytes.fromhex(case["payload"]), birth=birth)
    answer = {"seq": getattr(message, "seq", None), "timestamp": getattr(message, "timestamp", None)}
    if case["verb"] == "NDEATH":
        answer["metrics"] = [["bdSeq", "metric", message.bd_seq_metric.value]]
    else:
        answer["metrics"] = [[m.name, m.datatype.name, shown(m.value)] for m in getattr(message, "metrics", ())]
    print(json.dumps(answer), flush=True)
