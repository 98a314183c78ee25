"""ML-DSA of OpenSSL (through Python's cryptography) in COSE_Sign1: one line of JSON in, one out; bytes are hex.

{"read": message, "key": public PEM} -> the payload
{"write": algorithm, "payload": bytes} -> {"message": ..., "public": PEM, "private": PEM}"""
import json
import sys

import cbor2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa

PRIVATE = {-48: mldsa.MLDSA44PrivateKey, -49: mldsa.MLDSA65PrivateKey, -50: mldsa.MLDSA87PrivateKey}
PEM = serialization.Encoding.PEM


def structure(protected, payload):
    return cbor2.dumps(["Signature1", protected, b"", payload])


def read(line):
    protected, _, payload, signature = cbor2.loads(bytes.fromhex(line["read"])).value
    key = serialization.load_pem_public_key(line["key"].encode())
    key.verify(signature, structure(protected, payload))
    return payload.hex()


def write(line):
    key = PRIVATE[line["write"]].generate()
    payload, protected = bytes.fromhex(line["payload"]), cbor2.dumps({1: line["write"]})
    signature = key.sign(structure(protected, payload))
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return {
        "message": cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature])).hex(),
        "public": public.decode(),
        "private": private.decode(),
    }


for text in sys.stdin:
    line = json.loads(text)
    try:
        print(json.dumps(read(line) if "read" in line else write(line)), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
