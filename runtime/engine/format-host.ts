import type { Architecture } from '../gadget/spec.ts';
import type { Kernel } from '../kernel/types.ts';
import type { FormatHost } from '../operators/format/host.ts';
import { hostUsers } from '../operators/format/users.ts';
import type { Stacks } from './stacks.ts';

/** What formatters ask of this machine. */
export function formatHost(kernel: Kernel, architecture: Architecture, stacks: Stacks): FormatHost {
  const users = hostUsers();
  return {
    bootTimeOffsetNs: kernel.features.bootTimeOffsetNs(),
    utc: false,
    architecture,
    userName: (uid) => users.userName(uid),
    groupName: (gid) => users.groupName(gid),
    kernelStack: (id) => stacks.kernelStack(id),
    userStack: (key) => stacks.userStack(key),
  };
}
