import { type ChildProcess, spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** Python's own pty, so that the program under test sees a terminal; its exit code is passed on. */
const PTY = `
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
`;

const PATIENCE_MILLISECONDS = 180_000;

/** A program on a terminal, which the test reads and types into. */
export class TerminalSession {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  #text = '';
  #read = 0;
  #wake = Promise.withResolvers<void>();

  constructor(command: readonly string[], env: Record<string, string>) {
    this.#child = spawn('python3', ['-c', PTY, ...command], {
      env,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const take = (data: Buffer) => {
      this.#text += String(data);
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#wake.resolve();
        resolve(code ?? 1);
      });
    });
  }

  /** All that was on the screen, one after the other. */
  get text(): string {
    return stripVTControlCharacters(this.#text).replaceAll('\r', '');
  }

  /** The final content of the screen, without lines that were redrawn. */
  get screen(): string {
    const lines: string[] = [''];
    let row = 0;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences of terminals
    const parts = this.#text.split(/(\u001b\[\d*A|\u001b\[J|\r\u001b\[K|\n)/);
    for (const part of parts) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
      const up = /^\u001b\[(\d*)A$/.exec(part);
      if (up) row = Math.max(0, row - Number(up[1] || 1));
      else if (part === '\u001b[J') lines.splice(row, Infinity, '');
      else if (part === '\r\u001b[K') lines[row] = '';
      else if (part === '\n') {
        row += 1;
        lines[row] ??= '';
      } else lines[row] += stripVTControlCharacters(part).replaceAll('\r', '');
    }
    return lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Waits until the words come after those waited for before. */
  async sees(words: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MILLISECONDS;
    for (;;) {
      const at = this.text.indexOf(words, this.#read);
      if (at >= 0) {
        this.#read = at + words.length;
        return;
      }
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`"${words}" never came:\n${this.text}`);
      }
      await Promise.race([this.#wake.promise, new Promise((done) => setTimeout(done, 1_000))]);
    }
  }

  types(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** @returns the exit code */
  async end(): Promise<number> {
    return await this.#ended;
  }
}
