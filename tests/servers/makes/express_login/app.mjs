// An Express application that lets nobody in without a session.
import express from "express";

const app = express();
const form = `<!doctype html><html><head><title>Orders: sign in</title></head><body>
<form method="post" action="/login"><label>User <input name="username"></label>
<label>Password <input name="password" type="password"></label><button>Sign in</button></form>
</body></html>`;

app.get("/login", (request, response) => response.send(form));
app.use((request, response) => response.redirect(`/login?returnTo=${request.url}`));
app.listen(process.argv[3], process.argv[2]);
