"""aiocoap as a client that is told what to do: one JSON request per line in, one JSON answer per line out.

Usage: aiocoap-client.py URI [CREDENTIALS.json]
"""

import asyncio
import json
import sys

import aiocoap
from aiocoap.numbers.codes import Code
from aiocoap.optiontypes import OpaqueOption

# Only what will never come takes that long, however busy the machine is.
SECONDS = 100


def message(uri, told):
    request = aiocoap.Message(
        code=Code[told["method"]],
        uri=f"{uri}/{told['path']}",
        payload=bytes.fromhex(told.get("payload", "")),
    )
    if "contentFormat" in told:
        request.opt.content_format = told["contentFormat"]
    if "etag" in told:
        request.opt.etags = [bytes.fromhex(told["etag"])]
    if "option" in told:
        number, value = told["option"]
        request.opt.add_option(OpaqueOption(number, bytes.fromhex(value)))
    return request


async def ask(context, uri, told):
    answer = await asyncio.wait_for(context.request(message(uri, told)).response, SECONDS)
    etag = answer.opt.etag
    return {
        "code": str(answer.code).split(" ")[0],
        "payload": answer.payload.hex(),
        "etag": None if etag is None else etag.hex(),
    }


async def watch(context, uri, told):
    """The first different states of an observed resource."""
    request = message(uri, told)
    request.opt.observe = 0
    running = context.request(request)
    states = [(await running.response).payload.decode()]

    async def more():
        async for notification in running.observation:
            state = notification.payload.decode()
            if state not in states:
                states.append(state)
            if len(states) >= told["count"]:
                return

    await asyncio.wait_for(more(), SECONDS)
    running.observation.cancel()
    return {"states": states}


async def main():
    uri = sys.argv[1]
    context = await aiocoap.Context.create_client_context()
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as file:
            context.client_credentials.load_from_dict({f"{uri}/*": json.load(file)})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        told = json.loads(line)
        try:
            answer = await (watch if "count" in told else ask)(context, uri, told)
        except Exception as error:  # the test shows what went wrong
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    await context.shutdown()


asyncio.run(main())
