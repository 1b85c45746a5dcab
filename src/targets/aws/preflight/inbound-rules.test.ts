import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inboundRules } from './inbound-rules.ts';

const MODULE = new URL('../../../../terraform/modules/aws/security.tf', import.meta.url);

it('counts each address family, with the rules between the nodes in both', () => {
  const allowed = ['10.0.0.0/8', '192.0.2.0/24', '2001:db8::/32'];
  expect(inboundRules(allowed, ['10.0.0.0/8', 'fd00::/64'])).toEqual({ ipv4: 6, ipv6: 5 });
  expect(inboundRules(allowed, [])).toEqual({ ipv4: 5, ipv6: 4 });
});

it('knows how many rules the module makes between the nodes', () => {
  const inside = /inside = \{(?<rules>[\s\S]*?)\n {2}\}/.exec(readFileSync(MODULE, 'utf8'));
  const rules = inside?.groups?.rules?.match(/^\s+\w+\s+= \{/gm);
  expect(inboundRules([], [])).toEqual({ ipv4: rules?.length, ipv6: rules?.length });
});
