// The example of Koa.
import Koa from "koa";

const app = new Koa();
app.use(async (ctx) => {
  ctx.body = "Hello World";
});
app.listen(process.argv[3], process.argv[2]);
