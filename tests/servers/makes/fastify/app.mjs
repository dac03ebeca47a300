// Fastify with its plugins for OpenAPI and Swagger UI, with their defaults.
import Fastify from "fastify";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";

const fastify = Fastify();
await fastify.register(swagger, { openapi: { info: { title: "Shop", version: "1.0.0" } } });
await fastify.register(swaggerUi);
fastify.get("/", { schema: { summary: "Greets." } }, async () => ({ hello: "world" }));
await fastify.listen({ host: process.argv[2], port: Number(process.argv[3]) });
