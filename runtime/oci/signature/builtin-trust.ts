import { standardDefaultRegistry } from '../image-reference.ts';
import type { TrustedKeyEntry } from './trust-policy.ts';

/**
 * What is trusted without configuration: the public key of the Inspektor Gadget project, for its own gadgets only. Names without a registry
 * mean these, and its own tool trusts the same key, for every image.
 */
export const builtinTrust: readonly TrustedKeyEntry[] = [
  {
    prefix: standardDefaultRegistry,
    key: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEoDOC0gYSxZTopenGmX3ZFvQ1DSfh
Ir4EKRt5jC+mXaJ7c7J+oREskYMn/SfZdRHNSOjLTZUMDm60zpXGhkFecg==
-----END PUBLIC KEY-----
`,
  },
];
