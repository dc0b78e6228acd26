import type { Role } from '../platform/prisma-client/client.js';

/** Everything that may be allowed, as `resource:action`. Also the scopes of API keys. */
export const PERMISSIONS = [
  'tenant:read',
  'tenant:update',
  'tenant:delete',
  'member:read',
  'member:invite',
  'member:update',
  'member:remove',
  'apiKey:read',
  'apiKey:create',
  'apiKey:revoke',
  'audit:read',
  'project:read',
  'project:create',
  'project:update',
  'project:archive',
  'dataset:read',
  'dataset:create',
  'dataset:update',
  'dataset:delete',
  'experiment:read',
  'experiment:create',
  'experiment:update',
  'experiment:archive',
  'run:read',
  'run:start',
  'run:control',
  'artifact:read',
  'artifact:delete',
  'model:read',
  'model:create',
  'model:deploy',
  'feedback:record',
] as const;

export type Permission = (typeof PERMISSIONS)[number];

const VIEWER: readonly Permission[] = [
  'tenant:read',
  'member:read',
  'project:read',
  'dataset:read',
  'experiment:read',
  'run:read',
  'artifact:read',
  'model:read',
];

const EDITOR: readonly Permission[] = [
  ...VIEWER,
  'dataset:create',
  'dataset:update',
  'dataset:delete',
  'experiment:create',
  'experiment:update',
  'experiment:archive',
  'run:start',
  'run:control',
  'artifact:delete',
  'model:create',
  'model:deploy',
  'feedback:record',
];

const ADMIN: readonly Permission[] = [
  ...EDITOR,
  'tenant:update',
  'member:invite',
  'member:update',
  'member:remove',
  'apiKey:read',
  'apiKey:create',
  'apiKey:revoke',
  'audit:read',
  'project:create',
  'project:update',
  'project:archive',
];

const OWNER: readonly Permission[] = [...ADMIN, 'tenant:delete'];

/** Each role may do all that the one below it may. */
export const PERMISSIONS_OF_ROLE: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  VIEWER: new Set(VIEWER),
  EDITOR: new Set(EDITOR),
  ADMIN: new Set(ADMIN),
  OWNER: new Set(OWNER),
};

const RANK: Readonly<Record<Role, number>> = { VIEWER: 0, EDITOR: 1, ADMIN: 2, OWNER: 3 };

export function higherRole(a: Role, b: Role): Role {
  return RANK[a] >= RANK[b] ? a : b;
}

/** Whether `role` may give `granted` to somebody: nobody hands out more than they have. */
export function mayGrant(role: Role, granted: Role): boolean {
  return RANK[role] >= RANK[granted];
}
