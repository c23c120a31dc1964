// oauth2-mock-server, which signs access tokens by RS256 with one key: `node oauth2-mock-server.js PORT`.
import { OAuth2Server } from 'oauth2-mock-server';

const port = Number(process.argv[2]);
const server = new OAuth2Server();
await server.issuer.keys.generate('RS256');
await server.start(port, '127.0.0.1');
process.stdout.write(`Listening on http://localhost:${port}\n`);
