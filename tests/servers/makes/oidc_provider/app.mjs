// oidc-provider with its defaults, as its quick start has it.
import { Provider } from "oidc-provider";

const [, , host, port, name] = process.argv;
const provider = new Provider(`http://${name}:${port}`, {
  clients: [{ client_id: "foo", client_secret: "bar", redirect_uris: ["http://lvh.me:8080/cb"] }],
});
provider.listen(port, host);
