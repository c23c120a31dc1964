// Measures the page beside the React peer, run by run in turn: `node page.js SETTINGS.json RESULTS.json`.
//
// The settings name the tenant's origin, the folders and ports of both sites, the people, the number of runs and the
// browser. Both pages have the same tenant, on another origin, and the same host.
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from '@playwright/test';
import { memory, rememberMemory, replaceTenant, unlinkInTurn } from './page/clicks.js';
import { host } from './page/host.js';
import { LINES, Side } from './page/side.js';

const [settingsFile, resultsFile] = process.argv.slice(2);
const settings = JSON.parse(await readFile(settingsFile, 'utf8'));
const { tenant, runs, people } = settings;

/** How the rows of each page are found, what opens before a login is unlinked, and whether it listens to other tabs. */
const ROWS = {
  ours: { rows: '[data-identity]', confirm: 'dialog[open], [role="dialog"]', listens: true },
  peer: { rows: 'main li', confirm: undefined, listens: false },
};
/** After how many rounds of unlinking and linking the memory is looked at. */
const ROUNDS = { before: 20, after: 200 };

const hosts = await Promise.all([
  host(settings.ours.folder, settings.ours.port, {
    domain: tenant,
    clientId: 'ours',
    connections: [{ name: 'github', strategy: 'github' }],
  }),
  host(settings.peer.folder, settings.peer.port),
]);
const browser = await chromium.launch({
  executablePath: settings.browser,
  args: ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-sandbox'],
});
const side = (name) => new Side(browser, { origin: `http://localhost:${settings[name].port}`, tenant });
const results = {};
try {
  await visits();
  await signedOut();
  await clicks();
  await rounds();
  await writeFile(resultsFile, JSON.stringify(results, undefined, 1));
} finally {
  await browser.close();
  for (const server of hosts) {
    server.close();
    server.closeAllConnections();
  }
}

/** Runs `measure` on both sides in turn, and keeps what it returns under a name. */
async function inTurn(name, sides, measure, count = runs) {
  const measured = { ours: [], peer: [] };
  for (let run = 0; run < count; run += 1) {
    for (const [which, opened] of Object.entries(sides)) measured[which].push(await measure(opened, which));
  }
  results[name] = measured;
  process.stdout.write(`    ${name}\n`);
}

/** Visits of a person whose session at the tenant lasts. */
async function visits() {
  const sides = { ours: await side('ours').open(), peer: await side('peer').open() };
  for (const opened of Object.values(sides)) await opened.signIn(people.few);
  const visit = (options) => (opened) => opened.visit('list', options);
  await inTurn('cold-slow', sides, visit({ line: LINES.slow, cold: true }));
  await inTurn('warm-slow', sides, visit({ line: LINES.slow, cold: false }));
  await inTurn('cold-fast', sides, visit({ line: LINES.fast, cold: true }));
  const path = `/unlink/github/${people.few.login}`;
  const deepLink = (opened) => opened.visit('dialog', { line: LINES.slow, cold: true, path });
  await inTurn('deep-link', { ours: sides.ours }, deepLink);
  for (const opened of Object.values(sides)) await opened.close();
}

/** First visits of somebody who is not signed in, and the way back from the tenant. */
async function signedOut() {
  const sides = { ours: await side('ours').open(), peer: await side('peer').open() };
  const visit = (opened) => opened.visit('signedOut', { line: LINES.slow, cold: true });
  await inTurn('signed-out', sides, visit);
  await inTurn('callback', sides, async (opened) => {
    await opened.context.clearCookies();
    return opened.callBack(people.few, LINES.slow);
  });
  for (const opened of Object.values(sides)) await opened.close();
}

/** From the click to the list without the login. */
async function clicks() {
  for (const [name, person] of Object.entries(people)) {
    const options = { reducedMotion: 'reduce' };
    const sides = { ours: await side('ours').open(options), peer: await side('peer').open(options) };
    for (const opened of Object.values(sides)) {
      await opened.signIn(person);
      await replaceTenant(opened, person.user);
    }
    const count = Math.min(runs, person.user.identities.length - 2);
    const unlink = async (opened, which) => (await unlinkInTurn(opened, ROWS[which], 1))[0];
    await inTurn(`click-${name}`, sides, unlink, count);
    for (const opened of Object.values(sides)) await opened.close();
  }
}

/** What many rounds of unlinking and linking leave in memory. */
async function rounds() {
  const ours = await side('ours').open({ reducedMotion: 'reduce' });
  await ours.context.addInitScript(rememberMemory);
  await ours.signIn(people.few);
  await replaceTenant(ours, people.few.user);
  await unlinkInTurn(ours, ROWS.ours, ROUNDS.before);
  const before = await memory(ours);
  await unlinkInTurn(ours, ROWS.ours, ROUNDS.after - ROUNDS.before);
  results.rounds = { before, after: await memory(ours) };
  await ours.close();
}
