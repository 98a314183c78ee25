"""pyhsslms signs: one line of JSON {"lms": type, "ots": type, "levels": n, "data": hex} in, {"key", "signature"} out."""
import json
import sys

import pyhsslms

for text in sys.stdin:
    line = json.loads(text)
    types = {"lms_type": line["lms"].to_bytes(4, "big"), "lmots_type": line["ots"].to_bytes(4, "big")}
    private = pyhsslms.HssPrivateKey(levels=line["levels"], **types)
    signature = private.sign(bytes.fromhex(line["data"]))
    print(json.dumps({"key": private.publicKey().serialize().hex(), "signature": signature.hex()}), flush=True)
