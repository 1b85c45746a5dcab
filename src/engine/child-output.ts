import { closeSync, openSync, readSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewEvent, StageEvent } from '../core/operation/event.ts';
import type { StageRecord } from '../core/operation/operation.ts';
import type { ChildHandlers } from '../ports/child-runner.ts';
import type { ChildRecord } from '../ports/stores.ts';
import type { StageEngine } from './stage-engine.ts';

const MAX_READ_BYTES = 1024 * 1024;

/**
 * Passes the output that an earlier attempt has read to the handlers. Its events are not stored
 * again.
 */
export function replay(record: ChildRecord, path: string, handlers: ChildHandlers): void {
  for (let offset = 0; offset < record.stdout_offset; ) {
    const { lines, bytes } = completeLines(path, offset, record.stdout_offset, true);
    if (bytes === 0) return;
    handlers.onLines?.(lines);
    offset += bytes;
  }
}

/**
 * Stores the events of the complete lines after the offset, together with the new offset. So a
 * crash neither loses nor duplicates events.
 * @returns true if anything was read
 */
export async function readOn(
  { engine, stage }: { engine: StageEngine; stage: Pick<StageRecord, 'name' | 'position'> },
  record: ChildRecord,
  path: string,
  handlers: ChildHandlers,
  toTheEnd: boolean,
): Promise<boolean> {
  let any = false;
  for (;;) {
    const size = await stat(path).then(
      (entry) => entry.size,
      () => 0,
    );
    if (size <= record.stdout_offset) return any;
    const { lines, bytes } = completeLines(path, record.stdout_offset, size, toTheEnd);
    if (bytes === 0) return any;
    any = true;
    const offset = record.stdout_offset + bytes;
    const events = eventsOfStage(stage, handlers.onLines?.(lines) ?? []);
    if (events.length > 0) await engine.record(events, { ...record, stdout_offset: offset });
    record.stdout_offset = offset;
  }
}

/** Returns the events as they are stored: with the stage that emitted them. */
export function eventsOfStage(
  { name, position }: Pick<StageRecord, 'name' | 'position'>,
  events: readonly StageEvent[],
): NewEvent[] {
  return events.map((event): NewEvent => ({ ...event, stage: name, position }));
}

function completeLines(path: string, from: number, size: number, toTheEnd: boolean) {
  const buffer = Buffer.alloc(Math.min(size - from, MAX_READ_BYTES));
  const file = openSync(path, 'r');
  let read: number;
  try {
    read = readSync(file, buffer, 0, buffer.length, from);
  } finally {
    closeSync(file);
  }
  const content = buffer.subarray(0, read);
  const lastNewline = content.lastIndexOf(0x0a);
  const isWholeRest = toTheEnd && from + read >= size;
  // A line longer than the buffer contains no newline. It is passed on in pieces.
  const isOverlong = read === MAX_READ_BYTES && lastNewline < 0;
  const bytes = isWholeRest || isOverlong ? read : lastNewline + 1;
  const text = content.subarray(0, bytes).toString('utf8');
  return { bytes, lines: text.split('\n').filter((line) => line !== '') };
}

export async function readExitCode(folder: string): Promise<number | null> {
  const text = await exitText(folder);
  return text === null ? null : Number.parseInt(text, 10);
}

/**
 * Returns the exit code, followed by `full` if the disk was full at the end.
 * @see supervise.sh
 */
export async function exitText(folder: string): Promise<string | null> {
  return await readFile(join(folder, 'exit-code'), 'utf8').catch(() => null);
}
