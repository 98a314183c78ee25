"""pycoreconf translates with the .sid file named first: one line {"json": ...} in gives {"hex": ...}, {"hex": ...} gives {"json": ...}."""
import json
import sys
import warnings

warnings.simplefilter("ignore")
import pycoreconf  # noqa: E402

model = pycoreconf.CORECONFModel(sys.argv[1])
for line in sys.stdin:
    asked = json.loads(line)
    if "hex" in asked:
        print(json.dumps({"json": json.loads(model.decode_to_json(bytes.fromhex(asked["hex"])))}), flush=True)
    else:
        print(json.dumps({"hex": model.encode_json(json.dumps(asked["json"])).hex()}), flush=True)
