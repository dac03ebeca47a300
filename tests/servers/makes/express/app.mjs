// Express with Swagger UI, as the page of swagger-ui-express shows it.
import express from "express";
import swaggerUi from "swagger-ui-express";

const app = express();
const description = {
  openapi: "3.0.0",
  info: { title: "Shop", version: "1.0.0" },
  paths: { "/orders": { get: { responses: { 200: { description: "All orders." } } } } },
};

app.use("/api-docs", swaggerUi.serve, swaggerUi.setup(description));
app.get("/orders", (request, response) => response.json([]));
app.get("/", (request, response) => response.send("Hello World!"));
app.listen(process.argv[3], process.argv[2]);
