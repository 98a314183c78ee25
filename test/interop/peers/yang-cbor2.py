"""cbor2 reads CBOR sequences and writes them again: one line of JSON {"name": hex, ...} in, one line of the same names out.

Per item: "plain" as it was read, "canonical" with the keys of maps sorted, "indefinite" with maps and arrays of open length."""
import io
import json
import sys

import cbor2


def items(data):
    stream = io.BytesIO(data)
    decoder = cbor2.CBORDecoder(stream)
    while stream.tell() < len(data):
        yield decoder.decode()


def write(values, **options):
    stream = io.BytesIO()
    encoder = cbor2.CBOREncoder(stream, **options)
    for value in values:
        encoder.encode(value)
    return stream.getvalue().hex()


for line in sys.stdin:
    values = list(items(bytes.fromhex(line.strip())))
    styles = {
        "plain": write(values),
        "canonical": write(values, canonical=True),
        "indefinite": write(values, indefinite_containers=True),
    }
    print(json.dumps(styles), flush=True)
