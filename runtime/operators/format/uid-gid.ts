import type { Field } from '../../schema/data-source.ts';
import { type Formatter, hasType, targetName } from './formatter.ts';
import type { FormatHost } from './host.ts';
import { addReadable } from './new-field.ts';
import { isPlain, writeText } from './text-cache.ts';

const annotation = 'uidgidresolver.target';

/** `gadget_uid` → the host's user name, `uid:N` without one; hidden, named `user` unless the raw field's name says otherwise. */
export const uidFormatter = identityFormatter('uid', 'user', (host) => (uid) => host.userName(uid));

/** `gadget_gid` → the host's group name, `gid:N` without one; hidden, named `group` unless the raw field's name says otherwise. */
export const gidFormatter = identityFormatter('gid', 'group', (host) => (gid) => host.groupName(gid));

function identityFormatter(prefix: string, fallback: string, lookUp: (host: FormatHost) => (id: number) => string | undefined): Formatter {
  return {
    name: prefix,
    accepts: (field) => hasType(field, `gadget_${prefix}`),
    apply(site) {
      const nameOf = lookUp(site.host);
      // Not cached here: a user may be added while the run goes on, and the host's own look-up is cheap.
      const evaluate = (id: number): string => {
        const name = nameOf(Number(id));
        return name === undefined || !isPlain(name) ? `${prefix}:${id}` : name;
      };
      const write = (out: Uint8Array, at: number, id: number): number => writeText(out, at, evaluate(id));
      const wasHidden = site.field.hidden;
      const name = targetName(site.field, annotation) ?? fallback;
      addReadable(site, { name, inputs: [site.field], evaluate, write, hidden: true });
      site.field.hidden = wasHidden || replaces(site.field);
    },
  };
}

/** Numbers stay in sight beside a name that is hidden; a raw part does not. */
function replaces(field: Field): boolean {
  return field.name.endsWith('_raw');
}
