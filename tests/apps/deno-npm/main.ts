import ms from "ms";

Deno.serve({ port: Number(Deno.env.get("PORT")), hostname: "0.0.0.0" }, () => {
  return new Response(`deno ${Deno.version.deno.split(".")[0]} here, ${ms(60000, { long: true })}`);
});
