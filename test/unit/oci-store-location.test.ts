import { describe, expect, test } from 'vitest';
import { defaultStorePath, storePaths } from '../../runtime/oci/store/location.ts';

const passwd = 'root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000:,,,:/home/ann:/bin/bash\nodd:x:1001:1001::relative:/bin/sh\n';

describe('the store is', () => {
  test.each([
    [0, {}, '/var/lib/gadget'],
    [0, { XDG_DATA_HOME: '/d' }, '/var/lib/gadget'],
    [0, { GADGET_STORE: '/s' }, '/s'],
    [1000, { GADGET_STORE: '/s', XDG_DATA_HOME: '/d' }, '/s'],
    [1000, { XDG_DATA_HOME: '/d', HOME: '/h' }, '/d/gadget'],
    [1000, { XDG_DATA_HOME: 'relative', HOME: '/h' }, '/h/.local/share/gadget'],
    [1000, { XDG_DATA_HOME: '', HOME: '/h' }, '/h/.local/share/gadget'],
    [1000, { GADGET_STORE: '', HOME: '/h' }, '/h/.local/share/gadget'],
  ])('for uid %i with %j: %s', (uid, env, path) => {
    expect(defaultStorePath(env, { uid })).toBe(path);
  });
});

describe('stores that are read', () => {
  test.each([
    [0, { SUDO_UID: '1000' }, ['/var/lib/gadget', '/home/ann/.local/share/gadget']],
    [0, { SUDO_UID: '0' }, ['/var/lib/gadget']],
    [0, { SUDO_UID: '4242' }, ['/var/lib/gadget']],
    [0, { SUDO_UID: '1001' }, ['/var/lib/gadget']],
    [0, { SUDO_UID: '1000', GADGET_STORE: '/s' }, ['/s']],
    [1000, { SUDO_UID: '1001', HOME: '/h' }, ['/h/.local/share/gadget']],
  ])('for uid %i with %j', (uid, env, paths) => {
    expect(storePaths(env, { uid, passwd })).toEqual(paths);
  });
});
