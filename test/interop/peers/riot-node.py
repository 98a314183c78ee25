"""A node that behaves as RIOT's sys/suit does (draft-ietf-suit-manifest-09), on aiocoap, cbor2 and cryptography.

Usage: riot-node.py PORT GATEWAY-PORT ENDPOINT MODEL VENDOR-DOMAIN PUBLIC-KEY-HEX

It says which model it is, registers with </suit/trigger>, and does what a trigger asks of it: a line of JSON for each step.
What RIOT answers with an error code ends with that code.
"""

import asyncio
import hashlib
import json
import os
import sys
import uuid

import aiocoap
import cbor2
from aiocoap import resource
from aiocoap.numbers.codes import Code
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CHECK_IN, REPORT, DATA, NODE, MODEL = 60001, 60003, 60006, 60030, 60031
BUFFER, URL = 640, 64
INVALID, UNSUPPORTED, CONDITION, SEQUENCE, SIGNATURE, DIGEST, POLICY = -1, -2, -4, -5, -6, -7, -8


class Refused(Exception):
    pass


def say(**words):
    print(json.dumps(words), flush=True)


def need(holds, code):
    if not holds:
        raise Refused(code)


class Device:
    def __init__(self, vendor, model, key):
        self.vendor = uuid.uuid5(uuid.NAMESPACE_DNS, vendor)
        self.klass = uuid.uuid5(self.vendor, model)
        self.key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        self.slot, self.version, self.busy = 0, 1, False

    def authentic(self, envelope):
        """The manifest, when one of its signatures is of the key and over its digest."""
        need(len(envelope) <= BUFFER, INVALID)
        outside = cbor2.loads(envelope)
        need(isinstance(outside, dict), INVALID)
        need(list(outside) == [2, 3], UNSUPPORTED)
        signed = None
        for block in cbor2.loads(outside[2]):
            tagged = cbor2.loads(block)
            need(tagged.tag == 18, INVALID)
            shielded, _open, payload, signature = tagged.value
            need(cbor2.loads(shielded).get(1) == -8, SIGNATURE)
            try:
                self.key.verify(signature, cbor2.dumps(["Signature1", shielded, b"", payload]))
                signed = payload
            except InvalidSignature:
                continue
        need(signed is not None, SIGNATURE)
        digest = hashlib.sha256(cbor2.dumps(outside[3])).digest()
        need(signed == b"\x82\x02\x58\x20" + digest, DIGEST)
        return cbor2.loads(outside[3])

    async def install(self, manifest, fetch):
        need(set(manifest) <= {1, 2, 3, 9, 10}, UNSUPPORTED)
        need(manifest[1] == 1, SEQUENCE)
        need(manifest[2] > self.version, SEQUENCE)
        common = cbor2.loads(manifest[3])
        need(set(common) == {2, 4}, UNSUPPORTED)
        need(len(common[2]) == 1, UNSUPPORTED)
        state = {}
        for commands in (common[4], manifest[9], manifest[10]):
            await self.run(cbor2.loads(commands), state, fetch)
        self.slot, self.version = 1 - self.slot, manifest[2]

    async def run(self, commands, state, fetch):
        for code, argument in zip(commands[::2], commands[1::2]):
            if code in (19, 20):
                need(set(argument) <= {1, 2, 3, 5, 14, 21}, UNSUPPORTED)
                state.update(argument)
            elif code == 1:
                need(state[1] == self.vendor.bytes, CONDITION)
            elif code == 2:
                need(state[2] == self.klass.bytes, CONDITION)
            elif code == 5:
                need(state[5] == (1 - self.slot) * 0x1000, CONDITION)
            elif code == 15:
                await self.first_of(argument, state, fetch)
            elif code == 21:
                need(len(state[21]) < URL, INVALID)
                state["image"] = await fetch(state[21])
                say(fetched=state[21], size=len(state["image"]))
            elif code == 3:
                need("image" in state and len(state["image"]) == state[14], INVALID)
                need(cbor2.loads(state[3]) == [2, hashlib.sha256(state["image"]).digest()], DIGEST)
            else:
                raise Refused(UNSUPPORTED)

    async def first_of(self, arms, state, fetch):
        for arm in arms:
            try:
                return await self.run(cbor2.loads(arm), state, fetch)
            except Refused as refused:
                if refused.args[0] != CONDITION:
                    raise
        raise Refused(CONDITION)


class Trigger(resource.Resource):
    def __init__(self, update):
        super().__init__()
        self.update = update

    async def render_post(self, request):
        if not request.payload:
            return aiocoap.Message(code=Code.REQUEST_ENTITY_INCOMPLETE)
        if len(request.payload) >= URL:
            return aiocoap.Message(code=Code.REQUEST_ENTITY_TOO_LARGE)
        asyncio.ensure_future(self.update(request.payload.decode()))
        return aiocoap.Message(code=Code.CREATED)

    render_put = render_post


class Text(resource.Resource):
    def __init__(self, text):
        super().__init__()
        self.text = text

    async def render_get(self, _request):
        return aiocoap.Message(payload=self.text().encode(), content_format=0)


async def main():
    port, gateway, endpoint, model, vendor, key = sys.argv[1:]
    device = Device(vendor, model, key)
    here = f"coap://127.0.0.1:{gateway}"

    async def fetch(uri):
        message = aiocoap.Message(code=Code.GET, uri=uri)
        # RIOT's default: blocks of 64 bytes.
        message.opt.block2 = aiocoap.optiontypes.BlockOption.BlockwiseTuple(0, False, 2)
        answer = await context.request(message).response
        need(answer.code == Code.CONTENT, INVALID)
        return answer.payload

    async def update(uri):
        if device.busy:
            return
        device.busy = True
        try:
            envelope = await fetch(uri)
            say(trigger=uri, envelope=envelope.hex())
            await device.install(device.authentic(envelope), fetch)
            say(slot=device.slot, version=device.version)
            await register()
        except Refused as refused:
            say(refused=refused.args[0])
        finally:
            device.busy = False

    async def register():
        links = "</suit/trigger>,</suit/version>,</suit/slot/active>"
        uri = f"{here}/rd?ep={endpoint}&lt=600"
        request = aiocoap.Message(code=Code.POST, uri=uri, payload=links.encode(), content_format=40)
        say(registered=str((await context.request(request).response).code))

    site = resource.Site()
    site.add_resource(["suit", "trigger"], Trigger(update))
    site.add_resource(["suit", "version"], Text(lambda: "NONE"))
    site.add_resource(["suit", "slot", "active"], Text(lambda: str(device.slot)))
    # The port is known to be free for UDP only.
    os.environ["AIOCOAP_SERVER_TRANSPORT"] = "udp6"
    context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", int(port)))
    report = {CHECK_IN: {REPORT - CHECK_IN: 0, DATA - CHECK_IN: {NODE - DATA: {MODEL - NODE: model}}}}
    check_in = aiocoap.Message(code=Code.POST, uri=f"{here}/c?ep={endpoint}", payload=cbor2.dumps(report), content_format=142)
    say(checked_in=str((await context.request(check_in).response).code))
    await register()
    while await asyncio.to_thread(sys.stdin.readline):
        await register()


asyncio.run(main())
