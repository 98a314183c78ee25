"""pycose reads COSE messages and writes its own: one line of JSON in, one out; bytes are hex.

{"read": message, "key": COSE_Key, "aad": bytes, "detached": bytes or null} -> the payload
{"write": kind, "key": COSE_Key, "alg": content algorithm, "recipient": algorithm or null, "payload": bytes, "aad": bytes}
-> the message"""
import json
import os
import sys

from pycose.headers import IV, Algorithm
from pycose.keys import CoseKey, SymmetricKey
from pycose.messages import CoseMessage, Enc0Message, EncMessage, Mac0Message, Sign1Message, SignMessage
from pycose.messages.recipient import KeyWrap
from pycose.messages.signer import CoseSignature

KINDS = {
    "sign1": Sign1Message,
    "sign": SignMessage,
    "mac0": Mac0Message,
    "encrypt0": Enc0Message,
    "encrypt": EncMessage,
}
KEY_BYTES = {1: 16, 2: 24, 3: 32}


def read(line):
    message = CoseMessage.decode(bytes.fromhex(line["read"]))
    key = CoseKey.decode(bytes.fromhex(line["key"]))
    message.external_aad = bytes.fromhex(line["aad"])
    if line.get("detached") is not None:
        message.payload = bytes.fromhex(line["detached"])
    if isinstance(message, SignMessage):
        for signer in message.signers:
            signer.key = key
            signer.external_aad = message.external_aad
            assert signer.verify_signature(), "signature"
        return message.payload
    if isinstance(message, EncMessage):
        message.recipients[0].key = key
        return message.decrypt(message.recipients[0])
    message.key = key
    if isinstance(message, Enc0Message):
        return message.decrypt()
    assert message.verify_signature() if isinstance(message, Sign1Message) else message.verify_tag(), "proof"
    return message.payload


def write(line):
    kind, alg = line["write"], line["alg"]
    key = CoseKey.decode(bytes.fromhex(line["key"]))
    unprotected = {IV: os.urandom(12)} if kind.startswith("encrypt") else {}
    protected = {} if kind == "sign" else {Algorithm: alg}
    message = KINDS[kind](phdr=protected, uhdr=unprotected, payload=bytes.fromhex(line["payload"]))
    message.external_aad = bytes.fromhex(line["aad"])
    if kind == "sign":
        signer = CoseSignature(phdr={Algorithm: alg}, key=key, external_aad=message.external_aad)
        message.signers = [signer]
        return message.encode()
    if line["recipient"] is None:
        message.key = key
        return message.encode()
    content = os.urandom(KEY_BYTES[alg])
    recipient = KeyWrap(uhdr={Algorithm: line["recipient"]}, payload=content, key=key)
    message.recipients = [recipient]
    message.key = SymmetricKey(content)
    return message.encode([recipient])


for text in sys.stdin:
    line = json.loads(text)
    try:
        print(json.dumps((read(line) if "read" in line else write(line)).hex()), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
