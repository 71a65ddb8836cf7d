// The peer of bench.tokens: client credentials with private_key_jwt, answered with a JWT that is signed with ES256, as we
// do. Everything is kept in memory: no row is written. Arguments: port, a file with the public keys of the client.
import { readFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, keys] = process.argv.slice(2);
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{
    client_id: 'loket',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: JSON.parse(readFileSync(keys, 'utf8')),
  }],
  clientAuthMethods: ['private_key_jwt'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({
        scope: 'huur', audience: 'https://bench.example/v1', accessTokenTTL: 300, accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  jwks: { keys: [{ ...own, use: 'sig', alg: 'ES256', kid: 'bench' }] },
  ttl: { ClientCredentials: 300 },
});
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
