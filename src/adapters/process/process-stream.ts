import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { startFailure } from './tool-errors.ts';

/** Number of characters of stderr that a failure contains. */
const LAST_WORDS_CHARACTERS = 500;

/**
 * Stdin and stdout of a program as one stream that can replace a socket, e.g. `ssh -W`. The program
 * ends with the stream, and the stream with the program. If the program fails, the error contains
 * the end of its stderr.
 */
export class ProcessStream extends Duplex {
  readonly #command: readonly [program: string, ...args: string[]];
  readonly #env: Record<string, string>;
  #child: ChildProcessWithoutNullStreams | null = null;
  #output = '';

  constructor(command: readonly [program: string, ...args: string[]], env: Record<string, string>) {
    super();
    this.#command = command;
    this.#env = env;
  }

  /**
   * Part of the socket interface. The arguments of the program already contain the destination.
   * Emits `connect` when the program runs.
   */
  connect(): this {
    const [program, ...args] = this.#command;
    const child = spawn(program, args, { env: this.#env, stdio: 'pipe' });
    this.#child = child;
    child.once('spawn', () => this.emit('connect'));
    child.once('error', (error) => this.destroy(startFailure(program, { env: this.#env }, error)));
    child.stdin.on('error', (error) => this.destroy(error));
    child.stdout.on('data', (chunk) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#output = (this.#output + text).slice(-LAST_WORDS_CHARACTERS);
    });
    child.once('close', (code) => {
      if (code === 0 || this.destroyed) this.push(null);
      else
        this.destroy(new Error(this.#output.trim() || `${program} ended with exit code ${code}`));
    });
    return this;
  }

  override _read(): void {
    this.#child?.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    if (this.#child) this.#child.stdin.write(chunk, done);
    else done(new Error('not connected'));
  }

  override _final(done: () => void): void {
    if (this.#child) this.#child.stdin.end(done);
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child?.kill('SIGTERM');
    done(error);
  }

  // Part of the socket interface, without an effect here.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    this.#child?.ref();
    return this;
  }
  unref(): this {
    this.#child?.unref();
    return this;
  }
}
