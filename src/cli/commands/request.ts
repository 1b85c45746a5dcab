import type { Cli, Ending } from '../cli.ts';
import { apiOf } from '../client/api.ts';
import { CliError, problemError } from '../render/failure.ts';

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'];

/** Sends one request to the API and prints the response, for what has no command. */
export async function request(
  cli: Cli,
  method: string,
  path: string,
  body: string | undefined,
): Ending {
  const verb = method.toUpperCase();
  if (!METHODS.includes(verb)) {
    throw new CliError('usage', `${method} is not a method of the API: ${METHODS.join(', ')}.`);
  }
  if (!path.startsWith('/')) {
    throw new CliError('usage', `${path} is not a path of the API; it starts with a slash.`);
  }
  assertJson(body);
  const { url, token } = cli.settings;
  const response = await apiOf(cli).call(() =>
    fetch(`${url}${path}`, {
      method: verb,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
    }),
  );
  const text = await response.text();
  if (!response.ok) throw problemError({ status: response.status, ...documentOf(text) });
  cli.printResult(documentOf(text), () => JSON.stringify(documentOf(text), null, 2));
  return 'done';
}

function assertJson(body: string | undefined): void {
  if (body === undefined) return;
  try {
    JSON.parse(body);
  } catch (error) {
    throw new CliError('usage', `The body is not JSON: ${(error as Error).message}.`);
  }
}

/** A response that is not JSON is shown as text. */
function documentOf(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch {
    return { detail: text };
  }
}
