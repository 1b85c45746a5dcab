import { once } from 'node:events';
import { createServer } from 'node:http';

/** Response of a stub; null cuts the connection. */
export type StubAnswer = { status: number; body: string; type?: string } | null;

export interface AwsStub {
  url: string;
  /** From now on to every question. */
  answer: (answer: StubAnswer) => void;
  stop(): Promise<void>;
}

/** A service of AWS on loopback with prepared responses, for those that the emulator lacks. */
export async function startAwsStub(): Promise<AwsStub> {
  let current: StubAnswer = null;
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      if (current === null) return void response.destroy();
      response.writeHead(current.status, { 'content-type': current.type ?? 'application/json' });
      response.end(current.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (answer) => {
      current = answer;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A quota in the form of Service Quotas. */
export const quota = (value: number): StubAnswer => ({
  status: 200,
  type: 'application/x-amz-json-1.1',
  body: JSON.stringify({ Quota: { QuotaCode: 'L-1216C47A', Value: value } }),
});

/** As Service Quotas refuses. */
export const quotaRefused = (code: string): StubAnswer => ({
  status: 400,
  type: 'application/x-amz-json-1.1',
  body: JSON.stringify({ __type: code, Message: 'no' }),
});

/** As STS and IAM refuse. */
export const queryRefused = (code: string): StubAnswer => ({
  status: 403,
  type: 'text/xml',
  body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>a secret word</Message></Error><RequestId>0</RequestId></ErrorResponse>`,
});
