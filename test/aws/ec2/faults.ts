import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { canonicalize, checkParameters, type Rejection, type Service } from './constraints.ts';
import { checkRules } from './rules.ts';

/** Answers in the place of the API, or null to let the question through. */
export type Fault = (question: URLSearchParams) => { status: number; code: string } | null;

/** A proxy between the clients and the emulator. */
export interface Faults {
  url: string;
  /** Number of requests for each action of EC2. */
  asked: Map<string, number>;
  /** The next `times` questions of that action are refused with that code. */
  refuse(
    action: string,
    code: string,
    times: number,
    where?: (question: URLSearchParams) => boolean,
  ): void;
  /** Rejects every request with that code, until `mend`. */
  refuseAll(code: string): void;
  /** Passes each response of that action through `change`, until `mend`. */
  rewrite(action: string, change: (text: string) => string): void;
  /** Passes the next request of that action on and keeps its response; called when it is kept. */
  withhold(action: string, onKept: () => void): void;
  mend(): void;
  stop(): Promise<void>;
}

/** In the form of EC2. */
const STATUS: Record<string, number> = {
  RequestLimitExceeded: 503,
  InsufficientInstanceCapacity: 500,
  RequestExpired: 400,
  ExpiredToken: 400,
  AuthFailure: 401,
};

/** A proxy before the emulator at that origin; it ends with `stop`. */
export async function startFaults(origin: string): Promise<Faults> {
  const asked = new Map<string, number>();
  let faults: Fault[] = [];
  const changes = new Map<string, (text: string) => string>();
  let kept: { action: string; onKept: () => void } | null = null;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const question = new URLSearchParams(body.toString());
    const action = question.get('Action') ?? '';
    asked.set(action, (asked.get(action) ?? 0) + 1);
    for (const fault of faults) {
      const refusal = fault(question);
      if (refusal) {
        response.writeHead(refusal.status, { 'content-type': 'text/xml' });
        const message = `${refusal.code}, as the test wants it.`;
        response.end(ec2Rejection({ code: refusal.code, message }));
        return;
      }
    }
    const service = SERVICES[question.get('Version') ?? ''];
    const rejection =
      service &&
      (checkParameters(service, question) ??
        (service === 'ec2'
          ? await checkRules(question, (parameters) => ask(origin, request, parameters))
          : null));
    if (service && rejection) {
      response.writeHead(400, { 'content-type': 'text/xml' });
      response.end(service === 'iam' ? iamRejection(rejection) : ec2Rejection(rejection));
      return;
    }
    const sent = service && canonicalize(service, question) ? question.toString() : body;
    const headers = Object.entries(request.headers).filter(
      ([name]) => !['host', 'connection', 'content-length', 'expect'].includes(name),
    ) as [string, string][];
    const told = await fetch(`${origin}${request.url}`, {
      method: request.method ?? 'POST',
      headers: [...headers, ['host', request.headers.host ?? '']],
      ...(sent.length > 0 ? { body: sent } : {}),
    });
    const text = Buffer.from(await told.arrayBuffer());
    if (kept?.action === action) {
      const { onKept } = kept;
      kept = null;
      onKept();
      return;
    }
    response.writeHead(told.status, {
      'content-type': told.headers.get('content-type') ?? 'text/xml',
    });
    const change = changes.get(action);
    response.end(change ? change(text.toString()) : text);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    refuse(action, code, times, where = () => true) {
      let left = times;
      faults.push((question) => {
        if (left === 0 || question.get('Action') !== action || !where(question)) return null;
        left -= 1;
        return { status: STATUS[code] ?? 400, code };
      });
    },
    refuseAll(code) {
      faults.push(() => ({ status: STATUS[code] ?? 400, code }));
    },
    rewrite(action, change) {
      changes.set(action, change);
    },
    withhold(action, onKept) {
      kept = { action, onKept };
    },
    mend() {
      faults = [];
      changes.clear();
      kept = null;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** By the version of the API, which every request of these protocols states. */
const SERVICES: Record<string, Service> = { '2016-11-15': 'ec2', '2010-05-08': 'iam' };

const REQUEST_ID = '00000000-0000-0000-0000-000000000000';

/** A question of the proxy's own, with the region and the account of the one that it is about. */
async function ask(
  origin: string,
  about: IncomingMessage,
  parameters: Record<string, string>,
): Promise<string> {
  const answer = await fetch(origin, {
    method: 'POST',
    headers: { authorization: about.headers.authorization ?? '' },
    body: new URLSearchParams({ Version: '2016-11-15', ...parameters }),
  });
  return await answer.text();
}

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').slice(0, 1_000);

function ec2Rejection({ code, message }: Rejection): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error></Errors><RequestID>${REQUEST_ID}</RequestID></Response>`;
}

function iamRejection({ code, message }: Rejection): string {
  return `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>${REQUEST_ID}</RequestId></ErrorResponse>`;
}
