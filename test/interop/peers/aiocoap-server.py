"""aiocoap as a server with a resource for each check of the interop table.

Usage: aiocoap-server.py PORT IMAGE-FILE [CREDENTIALS.json]
"""

import asyncio
import json
import os
import sys

import aiocoap
from aiocoap import resource
from aiocoap.credentials import CredentialsMap
from aiocoap.numbers.codes import Code
from aiocoap.optiontypes import OpaqueOption
from aiocoap.oscore_sitewrapper import OscoreSiteWrapper

TICK_SECONDS = 0.1


class Fixed(resource.Resource):
    """A body with aiocoap's own hash as its ETag, where one is asked for."""

    def __init__(self, body, tagged=False):
        super().__init__()
        self.body, self.tagged = body, tagged

    async def render_get(self, request):
        response = aiocoap.Message(payload=self.body)
        if self.tagged:
            resource.hashing_etag(request, response)
        return response


class Odd(resource.Resource):
    """Answers with a critical option that nobody knows."""

    async def render_get(self, _request):
        response = aiocoap.Message(payload=b"a few bytes")
        response.opt.add_option(OpaqueOption(65001, b"\x01"))
        return response


class Storage(resource.Resource):
    body = b""

    async def render_get(self, _request):
        return aiocoap.Message(payload=self.body)

    async def render_put(self, request):
        self.body = request.payload
        return aiocoap.Message(code=Code.CHANGED)

    render_ipatch = render_put


class Clock(resource.ObservableResource):
    ticks = 0

    async def run(self):
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.ticks += 1
            self.updated_state()

    async def render_get(self, _request):
        return aiocoap.Message(payload=f"tick {self.ticks}".encode())


class Echo(resource.Resource):
    async def render_fetch(self, request):
        return aiocoap.Message(payload=request.payload)


async def main():
    with open(sys.argv[2], "rb") as file:
        image = file.read()
    clock = Clock()
    site = resource.Site()
    site.add_resource(["small"], Fixed(b"a few bytes"))
    site.add_resource(["odd"], Odd())
    site.add_resource(["storage"], Storage())
    site.add_resource(["image"], Fixed(image))
    site.add_resource(["clock"], clock)
    site.add_resource(["echo"], Echo())
    site.add_resource(["patched"], Storage())
    site.add_resource(["tagged"], Fixed(b"a few bytes", tagged=True))
    if len(sys.argv) > 3:
        credentials = CredentialsMap()
        with open(sys.argv[3], encoding="utf-8") as file:
            credentials.load_from_dict({":gateway": json.load(file)})
        site = OscoreSiteWrapper(site, credentials)
    # The port is known to be free for UDP only.
    os.environ["AIOCOAP_SERVER_TRANSPORT"] = "oscore:udp6"
    await aiocoap.Context.create_server_context(site, bind=("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    await clock.run()


asyncio.run(main())
