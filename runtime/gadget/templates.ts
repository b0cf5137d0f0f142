type Annotations = Readonly<Record<string, string>>;

const name30: Annotations = { 'columns.width': '30' };
const middle30: Annotations = { ...name30, 'columns.ellipsis': 'middle' };
const hidden: Annotations = { 'columns.hidden': 'true' };
const right: Annotations = { 'columns.alignment': 'right' };
const namespaceId: Annotations = { ...hidden, ...right, 'columns.width': '12' };
const id7: Annotations = { ...right, 'columns.minwidth': '7' };
const id8: Annotations = { ...right, 'columns.minwidth': '8' };

/** Annotations that `template: <name>` of a field stands for. */
export const templates: Readonly<Record<string, Annotations>> = {
  timestamp: {
    ...hidden,
    'columns.width': '35',
    'columns.maxwidth': '35',
    'columns.ellipsis': 'end',
    description: 'Time at which the event happened',
  },
  bytes: { ...right, 'columns.width': '10' },
  duration: { ...right, 'columns.width': '20' },
  node: middle30,
  pod: middle30,
  container: name30,
  namespace: name30,
  containerImageName: name30,
  containerPid: { ...hidden, ...right, 'columns.width': '6' },
  containerImageDigest: name30,
  containerStartedAt: { ...hidden, 'columns.width': '35' },
  comm: { 'columns.maxwidth': '16', description: 'Process name' },
  pcomm: { ...hidden, 'columns.maxwidth': '16', description: 'Name of the parent process' },
  pid: { ...id7, description: 'Process ID' },
  ppid: { ...id7, ...hidden, description: 'Process ID of the parent' },
  tid: { ...id7, description: 'Thread ID' },
  ptid: { ...id7, ...hidden, description: 'Thread ID of the parent' },
  uid: { ...id8, description: 'User ID' },
  gid: { ...id8, description: 'Group ID' },
  ns: namespaceId,
  mntns_id: { ...namespaceId, description: 'Mount namespace inode' },
  netns_id: { ...namespaceId, description: 'Network namespace inode' },
  l4endpoint: { 'columns.minwidth': '22', 'columns.width': '40', 'columns.maxwidth': '52', 'columns.ellipsis': 'middle' },
  syscall: { 'columns.width': '18', 'columns.maxwidth': '28' },
  errorString: { 'columns.width': '12' },
  user_stack: hidden,
};

/** The template of that name; a match without case when there is no exact one. */
export function findTemplate(name: string): Annotations | undefined {
  if (Object.hasOwn(templates, name)) return templates[name];
  return Object.entries(templates).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
}

/** C types whose fields get a template without asking; the template is named like the type without `gadget_`. */
const typesWithTemplate: readonly string[] = [
  'gadget_comm',
  'gadget_uid',
  'gadget_gid',
  'gadget_pid',
  'gadget_tid',
  'gadget_timestamp',
  'gadget_mntns_id',
  'gadget_netns_id',
  'gadget_pcomm',
  'gadget_ppid',
  'gadget_ptid',
  'gadget_user_stack',
];

/** The template that a field's C type brings. */
export function templateOfType(typeNames: readonly string[]): Annotations | undefined {
  const type = typeNames.find((name) => typesWithTemplate.includes(name));
  return type === undefined ? undefined : templates[type.slice('gadget_'.length)];
}
