import { stripVTControlCharacters, styleText } from 'node:util';
import type { NodeProgress, StepProgress } from './progress-model.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MILLISECONDS = 80;
const NAME_WIDTH = 24;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

export type Style = (name: 'green' | 'red' | 'cyan' | 'dim' | 'bold', text: string) => string;

export interface ProgressView {
  style: Style;
  /** Something happened; `node` names the one whose line changed. */
  changed(step: StepProgress, node: string | null): void;
  /** Leaves the last picture on the screen. */
  end(): void;
}

/** Redraws in place on a terminal; elsewhere one plain line for each change. */
export function createView(
  steps: readonly StepProgress[],
  out: NodeJS.WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): ProgressView {
  const plain = !out.isTTY || Boolean(environment.CI) || environment.TERM === 'dumb';
  const colour = !plain && !environment.NO_COLOR;
  const style: Style = (name, text) =>
    colour ? styleText(name, text, { validateStream: false }) : text;
  return plain || environment.NO_COLOR ? plainView(out, style) : liveView(steps, out, style);
}

function plainView(out: NodeJS.WriteStream, style: Style): ProgressView {
  const told = new Map<string, string>();
  const tell = (key: string, text: string): void => {
    if (told.get(key) === text) return;
    told.set(key, text);
    out.write(`${text}\n`);
  };
  return {
    style,
    changed(step, node) {
      if (node !== null) {
        tell(`${step.name} ${node}`, `    ${node}: ${step.nodes.get(node)?.text ?? ''}`);
      } else if (step.state === 'running') {
        tell(step.name, `${step.name} …`);
      } else if (step.state !== 'waiting') {
        const how = step.state === 'done' ? 'done' : 'FAILED';
        const summary = step.summary === '' ? '' : `: ${step.summary}`;
        tell(step.name, `${step.name} ${how} in ${step.seconds.toFixed(1)} s${summary}`);
      }
    },
    end() {},
  };
}

function liveView(
  steps: readonly StepProgress[],
  out: NodeJS.WriteStream,
  style: Style,
): ProgressView {
  let drawn = 0;
  const draw = (): void => {
    const lines = steps.flatMap((step) => linesOf(step, Date.now(), style));
    // Cutting needs room: a wrapped line would count as two and break the redraw.
    const fitting = lines.map((line) => cut(line, (out.columns || 80) - 1));
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    out.write(`${up}\r\u001b[J${fitting.join('\n')}\n`);
    drawn = fitting.length;
  };
  out.write(HIDE_CURSOR);
  const restore = (): void => {
    out.write(SHOW_CURSOR);
  };
  process.once('exit', restore);
  const timer = setInterval(draw, FRAME_MILLISECONDS);
  return {
    style,
    changed: () => {},
    end() {
      clearInterval(timer);
      draw();
      restore();
      process.removeListener('exit', restore);
    },
  };
}

function linesOf(step: StepProgress, now: number, style: Style): string[] {
  const name = step.name.padEnd(NAME_WIDTH);
  if (step.state === 'waiting') return [style('dim', `  · ${name}`)];
  if (step.state !== 'running') {
    const mark = step.state === 'done' ? style('green', '✓') : style('red', '✗');
    const head = `  ${mark} ${name}${`${step.seconds.toFixed(1)} s`.padStart(7)}   ${style('dim', step.summary)}`;
    return step.state === 'failed' ? [head, ...nodeLines(step, now, style)] : [head];
  }
  const seconds = (now - step.startedAt) / 1000;
  const head = `  ${style('cyan', spinner(now))} ${style('bold', name)}${`${seconds.toFixed(1)} s`.padStart(7)}`;
  return [`${head}   ${step.activity}`, ...nodeLines(step, now, style)];
}

function nodeLines(step: StepProgress, now: number, style: Style): string[] {
  return [...step.nodes]
    .sort(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }))
    .map(
      ([node, progress]) =>
        `      ${markOf(progress, now, style)} ${node.padEnd(14)} ${progress.text}`,
    );
}

function markOf(progress: NodeProgress, now: number, style: Style): string {
  if (progress.mark === 'busy') return style('cyan', spinner(now));
  return progress.mark === 'good' ? style('green', '•') : style('red', '✗');
}

function spinner(now: number): string {
  return SPINNER[Math.floor(now / FRAME_MILLISECONDS) % SPINNER.length] ?? '';
}

function cut(line: string, width: number): string {
  if (stripVTControlCharacters(line).length <= width) return line;
  return `${stripVTControlCharacters(line).slice(0, width - 1)}…`;
}
