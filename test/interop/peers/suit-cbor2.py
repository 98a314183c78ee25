"""Reads SUIT envelopes line by line (hex) with cbor2 and hashlib alone, and tells what is in each; writes one of its own."""
import hashlib
import json
import sys

import cbor2

HASHES = {-16: hashlib.sha256, -43: hashlib.sha384, -44: hashlib.sha512}
SHAKES = {-18: (hashlib.shake_128, 32), -45: (hashlib.shake_256, 64)}
SEQUENCES = (7, 8, 9, 15, 16, 18, 20, 24)
SEVERABLE = (14, 15, 16, 18, 20, 23)


def digest(algorithm, item):
    if algorithm in SHAKES:
        shake, length = SHAKES[algorithm]
        return shake(item).digest(length)
    return HASHES[algorithm](item).digest()


def holds(stated, content):
    algorithm, value = stated
    return digest(algorithm, cbor2.dumps(content)) == value


def codes(sequence):
    """Codes of the commands, those of nested sequences as lists behind them."""
    items = cbor2.loads(sequence)
    told = []
    for code, argument in zip(items[::2], items[1::2]):
        told.append(code)
        if code == 15:
            told.append([None if arm is None else codes(arm) for arm in argument])
        elif code == 32:
            told.append(codes(argument))
    return told


def describe(data):
    tag = cbor2.loads(data)
    envelope = tag.value
    stated, *blocks = cbor2.loads(envelope[2])
    manifest = cbor2.loads(envelope[3])
    common = cbor2.loads(manifest[3])
    sequences = {label: manifest[label] for label in SEQUENCES if isinstance(manifest.get(label), bytes)}
    sequences.update({label: envelope[label] for label in SEQUENCES if label in envelope})
    return {
        "tag": tag.tag,
        "plain": cbor2.dumps(tag).hex(),
        "manifest": holds(cbor2.loads(stated), envelope[3]),
        "severed": [holds(manifest[label], envelope[label]) for label in SEVERABLE if label in envelope],
        "blocks": [block.hex() for block in blocks],
        "number": str(manifest[2]),
        "components": [[part.hex() for part in one] for one in common.get(2, [])],
        "shared": codes(common[4]) if 4 in common else [],
        "sequences": {str(label): codes(sequence) for label, sequence in sorted(sequences.items())},
        "integrated": {uri: value.hex() for uri, value in envelope.items() if isinstance(uri, str)},
    }


def written():
    """An envelope with a severed install sequence and its payload."""
    image = b"an image"
    install = cbor2.dumps([20, {21: "#image"}, 21, 15, 3, 15])
    shared = cbor2.dumps(
        [20, {1: bytes(16), 2: bytes(range(16)), 3: cbor2.dumps([-16, hashlib.sha256(image).digest()]), 14: len(image)}, 1, 15, 2, 15]
    )
    install_digest = [-16, digest(-16, cbor2.dumps(install))]
    manifest = cbor2.dumps({1: 1, 2: 2**53, 3: cbor2.dumps({2: [[b"fw", b"\x00"]], 4: shared}), 20: install_digest})
    stated = cbor2.dumps([-16, digest(-16, cbor2.dumps(manifest))])
    wrapper = cbor2.dumps([stated, b"block"])
    return cbor2.dumps(cbor2.CBORTag(107, {2: wrapper, 3: manifest, 20: install, "#image": image}))


for line in sys.stdin:
    print(json.dumps({"written": written().hex()} if line.strip() == "write" else describe(bytes.fromhex(line))))
