import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicOrAllowed } from '../../core/network-address.ts';
import type { AttemptResult, WebhookSender } from '../../ports/webhooks.ts';

const TIMEOUT_MILLISECONDS = 10_000;

export interface SenderOptions {
  /** Networks besides the internet that a webhook may be in. */
  allowedNetworks: readonly string[];
  now(): Date;
}

/**
 * Sends events over HTTP. The address is checked when the connection is made, and not before: a name
 * can have another address a moment later. Redirects are not followed.
 * @see Standard Webhooks, for the headers and the signature
 */
export function createWebhookSender({ allowedNetworks, now }: SenderOptions): WebhookSender {
  const guardedLookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const refused = found.find(({ address }) => !isPublicOrAllowed(address, allowedNetworks));
      if (refused) return callback(new Error(refusal(refused.address)), []);
      if (options.all) return callback(null, found);
      const [first] = found;
      callback(null, first?.address ?? '', first?.family ?? 4);
    });
  };
  return {
    send(url, secret, id, event) {
      const body = JSON.stringify(event);
      const timestamp = String(Math.floor(now().getTime() / 1_000));
      const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`);
      const target = new URL(url);
      const host = target.hostname.replace(/^\[(.*)\]$/, '$1');
      // The lookup is not called for an address.
      if (isIP(host) !== 0 && !isPublicOrAllowed(host, allowedNetworks)) {
        return Promise.resolve({ status: null, error: refusal(host) });
      }
      const request = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, {
        method: 'POST',
        lookup: guardedLookup,
        agent: false,
        headers: {
          'content-type': 'application/cloudevents+json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'hathi-webhook',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature.digest('base64')}`,
        },
      });
      return resultOf(request, body);
    },
  };
}

function refusal(address: string): string {
  return `${address} is a private address; HATHI_WEBHOOK_NETWORKS can allow its network`;
}

function resultOf(request: ClientRequest, body: string): Promise<AttemptResult> {
  return new Promise((resolve) => {
    const fail = (error: string) => {
      resolve({ status: null, error });
      request.destroy();
    };
    // For the whole exchange: a server that sends one byte a second never becomes idle.
    const timer = setTimeout(() => fail('no response within 10 s'), TIMEOUT_MILLISECONDS);
    request.once('close', () => clearTimeout(timer));
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    request.once('response', (response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      const isGood = status >= 200 && status < 300;
      resolve({ status, error: isGood ? null : `the response has the status ${status}` });
      // The body has no meaning, and can have any length.
      response.destroy();
    });
    request.end(body);
  });
}
