import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { serverBinary, siteFolder } from './build.ts';

/** Limit for the server's start, in milliseconds; a debug build on a busy machine is slow. */
const START_TIMEOUT = 60_000;

/** Limit for a mail to be written, in milliseconds. */
const MAIL_TIMEOUT = 10_000;

/** Returns further command-line options. `writeFile` writes a file into the server's folder and returns its path. */
type Options = (writeFile: (name: string, text: string) => Promise<string>) => Promise<string[]>;

/** A mail in the file of mails. */
export interface Mail {
  to: string;
  subject: string;
  text: string;
  link?: string;
}

/** A running server with a database of its own. */
export class Server {
  /** The log so far: everything that the server wrote to standard error. */
  log = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** The origin that browsers use for it. */
    public origin: string,
  ) {}

  /**
   * Starts a server on a free port and waits until it is healthy. `options` returns further command-line options; the
   * function that it is given writes a file beside the database and returns its path. `database` returns the address of the
   * database; by default it is a file in the server's folder.
   */
  static async start(options: Options, database = (folder: string) => `sqlite:${join(folder, 'linked-accounts.db')}`) {
    return Server.run(
      (folder, further) => ['serve', '--listen', '127.0.0.1:0', '--database', database(folder), ...further],
      options,
    );
  }

  /** Starts a server that serves the page alone, for a tenant elsewhere. `options` are as for `start`. */
  static async startPage(options: Options) {
    return Server.run((_, further) => ['page', ...further], options);
  }

  private static async run(command: (folder: string, further: string[]) => string[], options: Options) {
    const folder = await mkdtemp(join(tmpdir(), 'linked-accounts-'));
    const further = await options(async (name, text) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    });
    // Every option is an environment variable, too. Those that a developer has set must not reach the tests.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith('LINKED_ACCOUNTS_')),
    );
    const child = spawn(serverBinary, [...command(folder, further), '--site', siteFolder], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new Server(child, folder, '');
    child.stderr.on('data', (text: Buffer) => (server.log += text.toString()));
    try {
      server.origin = await waitForOrigin(child, server);
      const health = await statusOf(`${server.origin}/health`);
      if (health !== 200) {
        throw new Error(`the server is not healthy: ${health}`);
      }
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Returns the link in the last mail to an address that has one. */
  async linkTo(address: string): Promise<string> {
    const { link } = await this.lastMail(address, 'a link', (mail) => mail.link !== undefined);
    return link!;
  }

  /** Returns the last mail to an address whose subject begins with these words. */
  async mailTo(address: string, subject: string): Promise<Mail> {
    return this.lastMail(address, `the subject "${subject}"`, (mail) => mail.subject.startsWith(subject));
  }

  /** Waits for a mail and returns the last one that `fits`. Mails are written after the answer of who asked. */
  private async lastMail(address: string, what: string, fits: (mail: Mail) => boolean): Promise<Mail> {
    const file = join(this.folder, 'linked-accounts.mail.jsonl');
    const deadline = Date.now() + MAIL_TIMEOUT;
    while (Date.now() < deadline) {
      // What follows the last line end is being written.
      const lines = (await readFile(file, 'utf8')).split('\n').slice(0, -1);
      const mails = lines.map((line) => JSON.parse(line) as Mail);
      const mail = mails.findLast((mail) => mail.to === address && fits(mail));
      if (mail) {
        return mail;
      }
    }
    throw new Error(`no mail with ${what} to ${address}`);
  }

  /** Kills the process and removes its data, which nothing needs any more. */
  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGKILL');
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Returns the status of a response. The certificate of a local authority is not verified. */
function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? https.get(url, { rejectUnauthorized: false }) : http.get(url);
    get.once('error', reject).once('response', (response) => resolve(response.resume().statusCode));
  });
}

/** Returns the origin that the server prints once it listens. */
function waitForOrigin(child: ChildProcess, server: Server): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`the server ${what}:\n${server.log}`));
    const timer = setTimeout(() => fail('did not start in time'), START_TIMEOUT);
    let output = '';
    child.stdout?.on('data', (text: Buffer) => {
      output += text.toString();
      const line = /^Listening on (https?:\/\/\S+)$/m.exec(output);
      if (line?.[1]) {
        clearTimeout(timer);
        resolve(line[1]);
      }
    });
    child.once('error', (error) => fail(`cannot be run (${error.message})`));
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
}
