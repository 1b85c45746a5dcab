import { createScreen } from '../terminal/screen.ts';
import type { Manner, Style } from '../terminal/terminal.ts';
import { inOneLine, write } from '../terminal/terminal-text.ts';
import type { NodeProgress, StageProgress } from './progress-model.ts';

const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MILLISECONDS = 80;
/** Without a terminal, a running stage is reported after this time without output. */
const QUIET_MILLISECONDS = 2_000;
const NAME_WIDTH = 24;

export interface ProgressView {
  /** A stage changed; `node` is the node whose line changed, if any. */
  changed(stage: StageProgress, node: string | null): void;
  /** Shows a line below the stages until another event arrives. */
  note(text: string): void;
  /** Draws the last state and stops. */
  end(): void;
}

/** Redraws in place on a terminal; elsewhere prints one plain line for each change. */
export function createView(
  stages: readonly StageProgress[],
  out: NodeJS.WriteStream,
  { live, style }: Manner,
): ProgressView {
  return live ? liveView(stages, out, style) : plainView(stages, out);
}

function plainView(stages: readonly StageProgress[], out: NodeJS.WriteStream): ProgressView {
  const told = new Map<string, string>();
  let writtenAt = Date.now();
  const writeLine = (text: string): void => {
    writtenAt = Date.now();
    write(out, `${inOneLine(text)}\n`);
  };
  const tell = (key: string, text: string): void => {
    if (told.get(key) === text) return;
    told.set(key, text);
    writeLine(text);
  };
  const timer = setInterval(() => {
    const stage = stages.find(({ state }) => state === 'running');
    if (!stage || Date.now() - writtenAt < QUIET_MILLISECONDS) return;
    const seconds = Math.round((Date.now() - stage.startedAt) / 1_000);
    writeLine(`${stage.name} … (${seconds} s) ${stage.activity}`.trimEnd());
  }, QUIET_MILLISECONDS / 2);
  return {
    changed(stage, node) {
      if (node !== null) {
        tell(`${stage.name} ${node}`, `    ${node}: ${stage.nodes.get(node)?.text ?? ''}`);
      } else if (stage.state === 'running') {
        tell(stage.name, `${stage.name} …`);
      } else if (stage.state !== 'waiting') {
        const how = stage.state === 'done' ? 'done' : 'FAILED';
        const summary = stage.summary === '' ? '' : `: ${stage.summary}`;
        tell(stage.name, `${stage.name} ${how} in ${stage.seconds.toFixed(1)} s${summary}`);
      }
    },
    note: writeLine,
    end() {
      clearInterval(timer);
    },
  };
}

function liveView(
  stages: readonly StageProgress[],
  out: NodeJS.WriteStream,
  style: Style,
): ProgressView {
  let noted: string | null = null;
  const screen = createScreen(out);
  const draw = (): void => {
    const lines = stages.flatMap((stage) => linesOf(stage, Date.now(), style));
    if (noted !== null) lines.push('', style('yellow', noted));
    screen.draw(lines.map(inOneLine));
  };
  const timer = setInterval(draw, FRAME_MILLISECONDS);
  return {
    changed() {
      noted = null;
    },
    note(text) {
      noted = text;
    },
    end() {
      clearInterval(timer);
      draw();
      screen.end();
    },
  };
}

function linesOf(stage: StageProgress, now: number, style: Style): string[] {
  const name = stage.name.padEnd(NAME_WIDTH);
  if (stage.state === 'waiting') return [style('dim', `  · ${name}`)];
  if (stage.state !== 'running') {
    const mark = stage.state === 'done' ? style('green', '✓') : style('red', '✗');
    const head = `  ${mark} ${name}${`${stage.seconds.toFixed(1)} s`.padStart(7)}   ${style('dim', stage.summary)}`;
    return stage.state === 'failed' ? [head, ...nodeLines(stage, now, style)] : [head];
  }
  const seconds = (now - stage.startedAt) / 1000;
  const head = `  ${style('cyan', spinner(now))} ${style('bold', name)}${`${seconds.toFixed(1)} s`.padStart(7)}`;
  return [`${head}   ${stage.activity}`, ...nodeLines(stage, now, style)];
}

function nodeLines(stage: StageProgress, now: number, style: Style): string[] {
  return [...stage.nodes]
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
