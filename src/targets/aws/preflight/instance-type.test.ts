import { expect, it } from 'vitest';
import { debianArchitecture, isStandardType } from './instance-type.ts';

it('knows which types share the quota of standard instances', () => {
  for (const type of [
    't2.medium',
    't3a.nano',
    't4g.small',
    'm7i-flex.large',
    'c7gn.large',
    'r6id.large',
  ]) {
    expect(isStandardType(type), type).toBe(true);
  }
  for (const type of [
    'a1.large',
    'd3en.xlarge',
    'h1.2xlarge',
    'im4gn.large',
    'is4gen.large',
    'z1d.large',
  ]) {
    expect(isStandardType(type), type).toBe(true);
  }
  for (const type of [
    'g5.xlarge',
    'p4d.24xlarge',
    'x2idn.16xlarge',
    'inf2.xlarge',
    'trn1.2xlarge',
  ]) {
    expect(isStandardType(type), type).toBe(false);
  }
  for (const type of [
    'hpc7a.12xlarge',
    'dl1.24xlarge',
    'u7i-12tb.224xlarge',
    'mac2.metal',
    'vt1.3xlarge',
  ]) {
    expect(isStandardType(type), type).toBe(false);
  }
});

it('says architectures as Debian does', () => {
  expect(debianArchitecture(['arm64'])).toBe('arm64');
  expect(debianArchitecture(['i386', 'x86_64'])).toBe('amd64');
});
