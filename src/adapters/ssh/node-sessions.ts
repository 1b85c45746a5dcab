import type { Client, ClientChannel } from 'ssh2';
import { HathiError } from '../../core/errors.ts';
import { nodeFactsSchema } from '../../core/node/node-facts.ts';
import type {
  NodeSession,
  NodeSessionHandlers,
  NodeSessionRequest,
  NodeSessions,
} from '../../ports/node-sessions.ts';
import { createNodeProgram, type NodeProgram } from './node-program.ts';
import { reasonOf, SshConnector } from './ssh-connection.ts';

/** The program ends without a line for 60 s. */
const PING_MILLISECONDS = 20_000;
/** Beyond this, a line is not one of the program. */
const MOST_LINE_CHARACTERS = 4_000_000;
const LAST_OUTPUT_CHARACTERS = 500;

export interface NodeSessionsOptions {
  /** Absolute path of the folder that contains `node/`. */
  assetsRoot: string;
  /** Environment of programs that carry a connection, e.g. of a session manager. */
  env: Record<string, string>;
}

/** Programs on nodes over `ssh2`, one connection for each node. */
export function createNodeSessions({ assetsRoot, env }: NodeSessionsOptions): NodeSessions {
  const program = createNodeProgram(assetsRoot);
  const connector = new SshConnector(env);
  return {
    open: (request, handlers) => new SshNodeSession(connector, program, request, handlers),
    close: () => connector.close(),
  };
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

class SshNodeSession implements NodeSession {
  readonly #name: string;
  readonly #handlers: NodeSessionHandlers;
  readonly #pending = new Map<number, Pending>();
  readonly #open: Promise<void>;
  #client: Client | null = null;
  #channel: ClientChannel | null = null;
  #ping: NodeJS.Timeout | null = null;
  #ended: string | null = null;
  #rest = '';
  #lastOutput = '';
  #newest = 0;

  constructor(
    connector: SshConnector,
    program: NodeProgram,
    request: NodeSessionRequest,
    handlers: NodeSessionHandlers,
  ) {
    this.#name = request.node.name;
    this.#handlers = handlers;
    this.#open = this.#start(connector, program, request);
    this.#open.catch((error: Error) => this.#end(reasonOf(error)));
  }

  async call(verb: string, args: Record<string, unknown>, milliseconds: number): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      const id = ++this.#newest;
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(this.#unreachable(`no response within ${milliseconds / 1_000} s`));
      }, milliseconds);
      this.#pending.set(id, { resolve, reject, timer });
      this.#open.then(
        () => {
          if (this.#ended === null) this.#write({ id, verb, arguments: args });
          else this.#fail(id, this.#ended);
        },
        (error: Error) => this.#fail(id, reasonOf(error)),
      );
    });
  }

  close(): void {
    this.#ended ??= 'closed by the server';
    this.#release();
  }

  async #start(
    connector: SshConnector,
    program: NodeProgram,
    request: NodeSessionRequest,
  ): Promise<void> {
    const client = await connector.connect(request);
    if (this.#ended !== null) {
      client.destroy();
      return;
    }
    this.#client = client;
    client.on('error', (error) => this.#end(reasonOf(error)));
    client.once('close', () => this.#end('the connection was closed'));
    const input = program.input(request.settings);
    const { access } = request;
    const asRoot = access.way === 'loopback' || access.user === 'root';
    const channel = await execute(client, program.command(input.length, asRoot));
    this.#channel = channel;
    channel.setEncoding('utf8').on('data', (text: string) => this.#receive(text));
    channel.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastOutput = (this.#lastOutput + text).slice(-LAST_OUTPUT_CHARACTERS);
    });
    channel.on('error', (error: Error) => this.#end(reasonOf(error)));
    channel.once('close', () => {
      const last = this.#lastOutput.trim().split('\n').at(-1);
      this.#end(last ? `the program on the node ended: ${last}` : 'the program on the node ended');
    });
    channel.write(input);
    this.#ping = setInterval(() => this.#write({}), PING_MILLISECONDS);
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MOST_LINE_CHARACTERS) this.#end('the node wrote a line without end');
    for (const line of lines) {
      try {
        this.#line(JSON.parse(line));
      } catch {
        this.#end('the node wrote a line that cannot be read');
      }
    }
  }

  #line(line: { observation?: unknown; id?: number; result?: unknown }): void {
    if (line.observation !== undefined) {
      this.#handlers.onFacts(nodeFactsSchema.parse(line.observation));
      return;
    }
    const pending = this.#pending.get(line.id ?? 0);
    if (pending === undefined) return;
    this.#pending.delete(line.id ?? 0);
    clearTimeout(pending.timer);
    pending.resolve(line.result);
  }

  #write(line: object): void {
    this.#channel?.write(`${JSON.stringify(line)}\n`);
  }

  #end(reason: string): void {
    if (this.#ended !== null) return;
    this.#ended = reason;
    this.#release();
    this.#handlers.onEnd(reason);
  }

  #release(): void {
    if (this.#ping !== null) clearInterval(this.#ping);
    for (const id of [...this.#pending.keys()]) this.#fail(id, this.#ended ?? 'closed');
    this.#client?.destroy();
  }

  #fail(id: number, reason: string): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    pending.reject(this.#unreachable(reason));
  }

  #unreachable(reason: string): HathiError {
    return new HathiError('NODE_UNREACHABLE', `${this.#name} does not respond: ${reason}.`, {
      node: this.#name,
    });
  }
}

function execute(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}
