// The peer of bench.tokens: client credentials with private_key_jwt, answered with a JWT that is signed with ES256, as we
// do. Arguments: port, a file with the public keys of the client and, to keep used assertions in PostgreSQL, its address;
// without it they are kept in memory, which the provider calls development-only. After an address `rows`: then its
// client is a row there too, which the provider looks up for each token; else its client stands in its settings.
import { readFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, keys, address, inRows] = process.argv.slice(2);
const client = {
  client_id: 'loket',
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: 'ES256',
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks: JSON.parse(readFileSync(keys, 'utf8')),
};
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
const provider = new Provider(`http://localhost:${port}`, {
  ...address && { adapter: await durable(address) },
  cookies: { keys: ['nobody logs in here'] },
  clients: inRows ? [] : [client],
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

// What the provider asks of an adapter for this grant: to find a client that is not in its settings, to find a used
// assertion, and to keep one. What it made of a client it remembers itself, by the hash of what is found. A token that is
// a JWT is not kept, and what is old is not removed: less work than ours. Prepared statements, and a connection for each
// that asks.
async function durable(connectionString) {
  const { default: { Pool } } = await import('pg');
  const pool = new Pool({ connectionString, max: 16, idleTimeoutMillis: 0 });
  await pool.query(`CREATE TABLE models (
    model text, id text, payload json NOT NULL, expires_at timestamptz NOT NULL, PRIMARY KEY (model, id))`);
  const find = 'SELECT payload FROM models WHERE model = $1 AND id = $2';
  const keep = `INSERT INTO models VALUES ($1, $2, $3, $4) ON CONFLICT (model, id)
    DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at`;
  if (inRows) await pool.query(keep, ['Client', client.client_id, client, new Date('9999-12-31')]);
  return (model) => ({
    async find(id) {
      const { rows } = await pool.query({ name: 'find', text: find, values: [model, id] });
      return rows[0]?.payload;
    },
    async upsert(id, payload, seconds) {
      const until = new Date(Date.now() + seconds * 1000);
      await pool.query({ name: 'keep', text: keep, values: [model, id, payload, until] });
    },
  });
}
