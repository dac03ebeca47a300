// A SOAP service of node-soap.
import { readFileSync } from "node:fs";
import http from "node:http";
import soap from "soap";

const service = { Hello: { HelloPort: { sayHello: ({ name }) => ({ greeting: `Hello ${name}` }) } } };
const server = http.createServer((request, response) => response.writeHead(404).end());
server.listen(Number(process.argv[3]), process.argv[2], () => {
  soap.listen(server, "/hello", service, readFileSync("hello.wsdl", "utf8"));
});
