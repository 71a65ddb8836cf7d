// The peer of bench.pods: Community Solid Server, everything in memory, a pod with one document that nobody but its owner
// reads. Arguments: port, a file for what the owner needs: client id and secret, and the addresses of token and document.
import { writeFileSync } from 'node:fs';
import { AppRunner } from '@solid/community-server';

const [port, file] = process.argv.slice(2);
const base = `http://localhost:${port}/`;
await new AppRunner().run({
  config: '@css:config/default.json',
  shorthand: { port: Number(port), baseUrl: base, loggingLevel: 'error' },
});

let cookie = '';
async function ask(url, body) {
  const headers = { accept: 'application/json', ...body && { 'content-type': 'application/json' }, ...cookie && { cookie } };
  const answer = await fetch(url, { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) });
  if (!answer.ok) {
    throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  }
  cookie ||= answer.headers.getSetCookie().map(one => one.split(';')[0]).join('; ');
  return answer.json();
}

const { controls } = await ask(`${base}.account/`);
await ask(controls.account.create, {});
const own = (await ask(`${base}.account/`)).controls;
await ask(own.password.create, { email: 'owner@example.org', password: 'only-for-this-bench' });
const { webId } = await ask(own.account.pod, { name: 'owner' });
const { id, secret } = await ask(own.account.clientCredentials, { name: 'bench', webId });
const told = { id, secret, token: `${base}.oidc/token`, document: `${base}owner/document.json` };
writeFileSync(file, JSON.stringify(told), { mode: 0o600 });
console.log('ready');
