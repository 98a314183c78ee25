"""python-cwt reads COSE messages and writes its own: one line of JSON in, one out; bytes are hex.

{"read": message, "key": COSE_Key, "aad": bytes, "detached": bytes or null} -> the payload
{"write": kind, "key": COSE_Key, "alg": content algorithm, "recipient": algorithm or null, "payload": bytes, "aad": bytes}
-> the message; key agreement has the context of SUIT"""
import json
import sys

from cwt import COSE, COSEKey, Recipient, Signer

BARE = (-65534, -65533, -65532)
WRAPS = {-29: ("A128KW", 128), -30: ("A192KW", 192), -31: ("A256KW", 256)}


def context(recipient):
    wrap, bits = WRAPS[recipient]
    other = "SUIT Payload Encryption"
    return {"alg": wrap, "supp_pub": {"key_data_length": bits, "protected": {1: recipient}, "other": other}}


def read(line):
    extra = {} if line.get("recipient") not in WRAPS else {"context": context(line["recipient"])}
    detached = line.get("detached")
    return COSE.new().decode(
        bytes.fromhex(line["read"]),
        keys=[COSEKey.from_bytes(bytes.fromhex(line["key"]))],
        external_aad=bytes.fromhex(line["aad"]),
        detached_payload=None if detached is None else bytes.fromhex(detached),
        enable_non_aead=True,
        **extra,
    )


def write(line):
    key = COSEKey.from_bytes(bytes.fromhex(line["key"]))
    alg, recipient = line["alg"], line["recipient"]
    payload, aad = bytes.fromhex(line["payload"]), bytes.fromhex(line["aad"])
    protected = {} if alg in BARE else {1: alg}
    unprotected = {1: alg} if alg in BARE else {}
    if line["write"] == "sign":
        signer = Signer.new(cose_key=key, protected={1: alg})
        return COSE.new().encode(payload, signers=[signer], external_aad=aad)
    if recipient is None:
        if line["write"] == "encrypt0":
            unprotected[5] = key.generate_nonce()
        return COSE.new().encode(payload, key, protected, unprotected, external_aad=aad, enable_non_aead=True)
    if recipient in WRAPS:
        made = Recipient.new(protected={1: recipient}, recipient_key=key, context=context(recipient))
    else:
        made = Recipient.new(unprotected={1: recipient}, sender_key=key)
    content = COSEKey.generate_symmetric_key(alg=alg)
    if line["write"] == "encrypt":
        unprotected[5] = content.generate_nonce()
        return COSE.new().encode(
            payload, content, protected, unprotected, recipients=[made], external_aad=aad, enable_non_aead=True
        )
    return COSE.new().encode_and_mac(payload, content, protected, unprotected, recipients=[made], external_aad=aad)


for text in sys.stdin:
    line = json.loads(text)
    try:
        print(json.dumps((read(line) if "read" in line else write(line)).hex()), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
