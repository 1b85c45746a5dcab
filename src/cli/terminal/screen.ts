import { control, cut, write } from './terminal-text.ts';

const HIDE_CURSOR = control('\u001b[?25l');
const SHOW_CURSOR = control('\u001b[?25h');

/** Lines at the end of the output that are redrawn in place. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Leaves the last lines and shows the cursor. */
  end(): void;
}

export function createScreen(out: NodeJS.WriteStream): Screen {
  let drawn = 0;
  const restore = (): void => {
    write(out, SHOW_CURSOR);
  };
  write(out, HIDE_CURSOR);
  process.once('exit', restore);
  return {
    draw(lines) {
      // A wrapped line would count as two and break the redraw.
      const fitting = lines.map((line) => cut(line, (out.columns || 80) - 1));
      const up = drawn > 0 ? `\u001b[${drawn}A` : '';
      write(out, `${control(`${up}\r\u001b[J`)}${fitting.join('\n')}\n`);
      drawn = fitting.length;
    },
    end() {
      restore();
      process.removeListener('exit', restore);
    },
  };
}
