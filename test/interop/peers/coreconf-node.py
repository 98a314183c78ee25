"""A room node that serves its own datastore, on aiocoap and cbor2: an independent CORECONF server.

Usage: coreconf-node.py PORT GATEWAY-PORT ENDPOINT [CREDENTIALS.json]

It registers at the gateway's resource directory, serves /c and /s, and obeys a line on its standard input:
"warm N" sets the temperature in hundredths, "alarm" raises one, "show" prints what it was told to keep.
"""

import asyncio
import io
import json
import os
import sys
from decimal import Decimal

import aiocoap
import cbor2
from aiocoap import resource
from aiocoap.credentials import CredentialsMap
from aiocoap.numbers.codes import Code
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper

# The numbers of sidgate-building.sid and of ietf-coreconf.
ROOM, TEMPERATURE, HUMIDITY, SET_POINT, MODE = 60201, 60202, 60203, 60204, 60209
PERIOD, START, PERIOD_SET_POINT = 60210, 60211, 60212
ALARM, CLEARED, RAISED = 60213, 60214, 60215
ERROR, INVALID_VALUE, NOT_IN_RANGE, UNKNOWN_ELEMENT = 1024, 1011, 1018, 1023
TREE, INSTANCES, LINKS = 140, 142, 40


def celsius(hundredths):
    return cbor2.CBORTag(4, [-2, hundredths])


def sequence(body):
    stream, items = io.BytesIO(body), []
    while stream.tell() < len(body):
        items.append(cbor2.load(stream))
    return items


class Refused(Exception):
    def __init__(self, at, tag, app_tag=None):
        self.body = {1: app_tag} if app_tag is not None else {}
        self.body.update({2: at, 4: tag})


class Node:
    """All temperatures in hundredths."""

    def __init__(self):
        self.state = {TEMPERATURE: 2150, HUMIDITY: 45}
        self.leaves, self.periods, self.told = {}, {}, []

    def tree(self):
        room = {TEMPERATURE - ROOM: celsius(self.state[TEMPERATURE]), HUMIDITY - ROOM: self.state[HUMIDITY]}
        for sid, value in self.leaves.items():
            room[sid - ROOM] = celsius(value) if sid == SET_POINT else value
        if self.periods:
            # Of indefinite length, with absolute SIDs: allowed, and not what the gateway writes itself.
            room[PERIOD - ROOM] = [
                {START - PERIOD: start, cbor2.CBORTag(47, PERIOD_SET_POINT): celsius(value)}
                for start, value in self.periods.items()
            ]
        return {ROOM: room, 999999: "of a newer firmware"}

    def patch(self, body):
        leaves, periods = dict(self.leaves), dict(self.periods)
        for item in sequence(body):
            for key, value in item.items():
                sid, *keys = key if isinstance(key, (tuple, list)) else (key,)
                if sid == MODE or sid == SET_POINT:
                    self.set_leaf(leaves, sid, value)
                elif sid == PERIOD and keys and value is None:
                    periods.pop(keys[0], None)
                elif sid == PERIOD and keys:
                    periods[keys[0]] = self.hundredths(PERIOD, value[PERIOD_SET_POINT - PERIOD])
                elif sid == PERIOD_SET_POINT:
                    periods[keys[0]] = self.hundredths(sid, value)
                else:
                    raise Refused(sid, UNKNOWN_ELEMENT)
        self.leaves, self.periods = leaves, periods

    def set_leaf(self, leaves, sid, value):
        if value is None:
            leaves.pop(sid, None)
        else:
            leaves[sid] = self.hundredths(sid, value) if sid == SET_POINT else value

    @staticmethod
    def hundredths(sid, value):
        scaled = int(Decimal(value) * 100)
        if not 500 <= scaled <= 3000:  # narrower than the module: this radiator cannot do more
            raise Refused(sid, INVALID_VALUE, NOT_IN_RANGE)
        return scaled


class Datastore(resource.Resource):
    def __init__(self, node):
        super().__init__()
        self.node = node

    async def render_get(self, request):
        response = aiocoap.Message(payload=cbor2.dumps(self.node.tree()), content_format=TREE)
        resource.hashing_etag(request, response)
        return response

    async def render_ipatch(self, request):
        if request.opt.content_format != INSTANCES:
            return aiocoap.Message(code=Code.UNSUPPORTED_CONTENT_FORMAT)
        try:
            self.node.patch(request.payload)
        except Refused as refused:
            body = cbor2.dumps({ERROR: refused.body})
            return aiocoap.Message(code=Code.BAD_REQUEST, payload=body, content_format=TREE)
        return aiocoap.Message(code=Code.CHANGED)


class Stream(resource.ObservableResource):
    def __init__(self, node):
        super().__init__()
        self.node = node

    async def render_get(self, _request):
        body = b"".join(cbor2.dumps({ALARM: content}) for content in self.node.told)
        return aiocoap.Message(payload=body, content_format=INSTANCES)

    def tell(self, content):
        self.node.told.insert(0, content)
        self.updated_state()


async def obey(node, stream):
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        word, *rest = line.decode().split()
        if word == "warm":
            node.state[TEMPERATURE] = int(rest[0])
        elif word == "alarm":
            stream.tell({int(rest[0]) - ALARM: bytes([int(rest[1])])})
        print(json.dumps({"leaves": node.leaves, "periods": node.periods}), flush=True)


async def main():
    port, gateway, endpoint = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    node = Node()
    stream = Stream(node)
    site = resource.Site()
    site.add_resource(["data", "store"], Datastore(node))
    site.add_resource(["s"], stream)
    credentials = CredentialsMap()
    if len(sys.argv) > 4:
        with open(sys.argv[4], encoding="utf-8") as file:
            context = json.load(file)
        credentials.load_from_dict({":gateway": context})
        credentials[f"coap://127.0.0.1:{gateway}/*"] = credentials[":gateway"]
        site = OscoreSiteWrapper(site, credentials)
    # The port is known to be free for UDP only.
    os.environ["AIOCOAP_SERVER_TRANSPORT"] = "oscore:udp6"
    context = await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", port))
    context.client_credentials = credentials
    links = '</data/store>;rt="core.c.ds";ds=1029,</s>;rt="core.c.es";obs'
    uri = f"coap://127.0.0.1:{gateway}/rd?ep={endpoint}&lt=600"
    request = aiocoap.Message(code=Code.POST, uri=uri, payload=links.encode(), content_format=LINKS)
    answer = await context.request(request).response
    print(json.dumps({"registered": str(answer.code), "location": answer.opt.location_path}), flush=True)
    await obey(node, stream)


asyncio.run(main())
