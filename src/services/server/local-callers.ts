import { HathiError } from '../../core/errors.ts';
import type { LocalCallers } from '../../ports/local-callers.ts';

/** Settings that decide which local users may call without a token; see `HATHI_LOCAL_CALLERS`. */
export interface LocalCallersSettings {
  token: string | null;
  localCallers: 'owner' | 'strict' | 'any';
}

const EVERYONE = 'Every user of this machine can use this server and read the passwords';

/**
 * Decides at start how callers without a token are checked.
 * @param find returns null where the system does not show the owner of a connection
 * @param warn logs one sentence
 * @returns null where no check is needed (a token decides) or possible
 * @throws TOKEN_REQUIRED where the check is demanded and not possible
 */
export async function chooseLocalCallers(
  settings: LocalCallersSettings,
  find: () => Promise<LocalCallers | null>,
  warn: (sentence: string) => void,
): Promise<LocalCallers | null> {
  if (settings.token !== null) return null;
  if (settings.localCallers === 'any') {
    warn(`${EVERYONE}: HATHI_LOCAL_CALLERS is "any", and HATHI_TOKEN is not set.`);
    return null;
  }
  const callers = await find();
  if (callers !== null) return callers;
  if (settings.localCallers === 'strict') {
    throw new HathiError(
      'TOKEN_REQUIRED',
      'HATHI_LOCAL_CALLERS is "strict", and this system does not show which user opened a connection. Set HATHI_TOKEN (e.g. made by: openssl rand -hex 32) or HATHI_TOKEN_FILE.',
    );
  }
  warn(`${EVERYONE}: this system does not show which user opened a connection. Set HATHI_TOKEN.`);
  return null;
}
