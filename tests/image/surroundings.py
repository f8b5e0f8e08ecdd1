"""Servers around a function: each a context manager that ends what it started."""

import asyncio
import contextlib
import json
import pathlib
import re
import ssl
import subprocess
import sys
import threading

from dnslib import QTYPE, RCODE, RR, A
from dnslib.server import BaseResolver, DNSServer


class Names(BaseResolver):
    """Answers for a few names and says of all others that they do not exist."""

    def __init__(self, addresses: dict[str, str], folder: pathlib.Path):
        self.addresses = addresses
        self.asked: list[str] = []
        self.configuration = folder / "resolv.conf"
        self.configuration.write_text("nameserver 127.0.0.1\n")
        # The host's user reads it through the mount.
        self.configuration.chmod(0o644)

    def resolve(self, request, handler):
        name = str(request.q.qname).rstrip(".").lower()
        self.asked.append(name)
        reply = request.reply()
        if name not in self.addresses:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype == QTYPE.A:
            reply.add_answer(RR(request.q.qname, QTYPE.A, rdata=A(self.addresses[name]), ttl=60))
        return reply

    def __enter__(self):
        self.server = DNSServer(self, address="127.0.0.1", port=53)
        self.server.start_thread()
        return self

    def __exit__(self, *_):
        self.server.stop()


class Child:
    """A program that serves until its standard input ends."""

    def __init__(self, command: list[str], **options):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True, **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)


class StandIn(Child):
    """Salesforce's stand-in of the test kit."""

    def __init__(self, program: str):
        super().__init__([program], stdout=subprocess.PIPE)
        started = json.loads(self.process.stdout.readline())
        self.token = started["token"]
        self.port = int(started["url"].rsplit(":", 1)[1])


class Moto(Child):
    """moto's stand-in for AWS's services."""

    PROGRAM = """
import os, sys, threading
def watch():
    sys.stdin.buffer.read()
    os._exit(0)
threading.Thread(target=watch, daemon=True).start()
from moto.server import main
main(["-H", "127.0.0.1", "-p", "0"])
"""

    def __init__(self):
        super().__init__([sys.executable, "-uc", self.PROGRAM], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if found := re.search(r"Running on http://[\d.]+:(\d+)", line):
                self.port = int(found[1])
                # Read on, lest the pipe fill up.
                threading.Thread(target=self.process.stderr.read, daemon=True).start()
                return
        raise RuntimeError("moto did not start:\n" + "".join(said))


class Front:
    """Takes TLS off and hands the bytes on, each name to its own server with its own certificate."""

    def __init__(self, address: str, servers: dict[str, tuple[pathlib.Path, int]]):
        self.address = address
        self.servers = {}
        # Names of the connections that were made, and of those that the client broke off.
        self.served: list[str] = []
        for name, (certificate, port) in servers.items():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            context.set_alpn_protocols(["http/1.1"])
            self.servers[name] = (context, port)

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()

        async def listen():
            first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            first.set_alpn_protocols(["http/1.1"])
            first.sni_callback = self.choose
            self.server = await asyncio.start_server(self.serve, self.address, 443, ssl=first)
            ready.set()
            with contextlib.suppress(asyncio.CancelledError):
                await self.server.serve_forever()

        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(listen(),), daemon=True)
        self.thread.start()
        if not ready.wait(30):
            raise RuntimeError(f"cannot listen on {self.address}:443")
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.server.close)
        self.thread.join(30)

    def choose(self, connection, name, _context):
        if name not in self.servers:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = self.servers[name][0]
        connection.server_name = name
        return None

    async def serve(self, reader, writer):
        name = writer.get_extra_info("ssl_object").server_name
        self.served.append(name)
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.servers[name][1])

        async def copy(source, sink):
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while chunk := await source.read(1 << 16):
                    sink.write(chunk)
                    await sink.drain()
            sink.close()

        await asyncio.gather(copy(reader, upstream_writer), copy(upstream_reader, writer))
