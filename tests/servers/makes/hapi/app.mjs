// Hapi's tutorial.
import Hapi from "@hapi/hapi";

const server = Hapi.server({ host: process.argv[2], port: Number(process.argv[3]) });
server.route({ method: "GET", path: "/hello", handler: () => ({ hello: "world" }) });
await server.start();
