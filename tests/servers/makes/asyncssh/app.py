"""AsyncSSH's simple server, for nobody in particular."""

import asyncio
import sys

import asyncssh


async def main():
    key = asyncssh.generate_private_key("ssh-ed25519")
    await asyncssh.listen(sys.argv[1], int(sys.argv[2]), server_host_keys=[key])
    await asyncio.Event().wait()


asyncio.run(main())
