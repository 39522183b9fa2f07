// A certified OpenID provider for the tests. `node server.mjs PORT REDIRECT_URI`: anybody may log in, as whatever they
// type; the part before an @ is their name, and a name that begins with "unverified" has no verified email.
import Provider from "oidc-provider";

const [port, redirectUri] = process.argv.slice(2);
const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: "batua-tests",
      client_secret: "a-secret-of-the-tests-that-is-long-enough",
      redirect_uris: [redirectUri],
      response_types: ["code"],
      grant_types: ["authorization_code"],
      token_endpoint_auth_method: "client_secret_post",
    },
  ],
  // Whoever comes without a challenge gets no code.
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  cookies: { keys: ["only-for-tests"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      email: id.includes("@") ? id : undefined,
      email_verified: !id.startsWith("unverified"),
      name: id.split("@")[0].replaceAll(/[._-]/g, " "),
    }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
