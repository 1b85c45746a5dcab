import { HathiError } from '../../core/errors.ts';
import type { SecretBox } from '../../ports/secrets.ts';
import type { Page } from '../../ports/stores.ts';
import type { PageRequest } from './page.ts';

const DEFAULT_LIMIT = 50;

/** A cursor is the sealed key of the last entry, so an altered cursor is detected. */
export interface Cursors {
  /**
   * @param list the list and its filters; a cursor of another one is refused
   * @throws INVALID_CURSOR
   */
  open(request: PageRequest, list: string): Page;
  /** Returns the page and its next cursor, from one entry more than the limit. */
  cut<Entry>(
    entries: Entry[],
    page: Page,
    list: string,
    keyOf: (entry: Entry) => string,
  ): { entries: Entry[]; next_cursor: string | null };
}

export function createCursors(box: SecretBox): Cursors {
  return {
    open({ limit, cursor }, list) {
      // One entry more than the limit shows whether there is a next part.
      const page = { limit: (limit ?? DEFAULT_LIMIT) + 1 };
      return cursor === undefined ? page : { ...page, after: keyOf(box, cursor, list) };
    },
    cut(entries, { limit }, list, keyOf) {
      const shown = entries.slice(0, limit - 1);
      const last = entries.length === limit ? shown.at(-1) : undefined;
      return { entries: shown, next_cursor: last ? seal(box, keyOf(last), list) : null };
    },
  };
}

function seal(box: SecretBox, key: string, list: string): string {
  const { keyId, bytes } = box.seal(Buffer.from(key), `cursor:${list}`);
  return Buffer.concat([Buffer.from(`${keyId}\0`), bytes]).toString('base64url');
}

function keyOf(box: SecretBox, cursor: string, list: string): string {
  try {
    const packed = Buffer.from(cursor, 'base64url');
    const end = packed.indexOf(0);
    const keyId = packed.subarray(0, end).toString('utf8');
    const bytes = packed.subarray(end + 1);
    return Buffer.from(box.open({ keyId, bytes }, `cursor:${list}`)).toString('utf8');
  } catch (cause) {
    throw new HathiError(
      'INVALID_CURSOR',
      'The cursor is not one that this server gave for this list; leave it out to begin anew.',
      {},
      { cause },
    );
  }
}
