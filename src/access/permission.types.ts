import 'reflect-metadata';
import { registerEnumType } from 'type-graphql';
import { Role } from '../platform/prisma-client/client.js';
import { PERMISSIONS, type Permission } from './permissions.js';

const DESCRIPTIONS: Readonly<Record<Permission, string>> = {
  'tenant:read': 'See the tenant and its quotas.',
  'tenant:update': 'Rename the tenant.',
  'tenant:delete': 'Give up the tenant.',
  'member:read': 'See who is a member.',
  'member:invite': 'Invite people, and see the invitations.',
  'member:update': "Change members' roles, on the tenant and on projects.",
  'member:remove': 'Remove members.',
  'apiKey:read': 'See the API keys (never their secrets).',
  'apiKey:create': 'Make API keys.',
  'apiKey:revoke': 'Revoke API keys.',
  'audit:read': 'Read the log of changes.',
  'project:read': 'See projects.',
  'project:create': 'Make projects.',
  'project:update': 'Rename and describe projects.',
  'project:archive': 'Archive projects, and bring them back.',
  'dataset:read': 'See datasets and get their files.',
  'dataset:create': 'Upload datasets and versions of them.',
  'dataset:update': 'Rename and describe datasets, correct column kinds.',
  'dataset:delete': 'Delete datasets.',
  'experiment:read': 'See experiments.',
  'experiment:create': 'Make experiments.',
  'experiment:update': 'Rename, describe and tag experiments.',
  'experiment:archive': 'Archive experiments.',
  'run:read': 'See runs, their events and metrics.',
  'run:start': 'Start and retry runs.',
  'run:control': 'Cancel, pause and resume runs.',
  'artifact:read': 'See artifacts and get their files.',
  'artifact:delete': 'Delete artifacts.',
  'model:read': 'See models in use, ask them, and see how they do.',
  'model:create': 'Make models, and add versions to them.',
  'model:deploy': 'Say which versions of a model are live: promote, split, roll back, withdraw.',
  'feedback:record': 'Record what people do with what a model recommends.',
};

/** `apiKey:create` → `API_KEY_CREATE`. */
const enumName = (permission: Permission): string =>
  permission
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace(':', '_')
    .toUpperCase();

export const PermissionEnum = Object.fromEntries(
  PERMISSIONS.map((permission) => [enumName(permission), permission]),
) as Record<string, Permission>;

registerEnumType(PermissionEnum, {
  name: 'Permission',
  description: 'What a role or an API key allows. In logs and messages it is written `resource:action`.',
  valuesConfig: Object.fromEntries(
    PERMISSIONS.map((permission) => [enumName(permission), { description: DESCRIPTIONS[permission] }]),
  ),
});

registerEnumType(Role, {
  name: 'Role',
  description:
    'What a member may do, on the tenant or on a project. Each role may do all that the one below it may.',
  valuesConfig: {
    OWNER: { description: 'Everything. A tenant always has at least one.' },
    ADMIN: { description: 'Manages members, projects and API keys, and reads the log of changes.' },
    EDITOR: { description: 'Makes and changes datasets, experiments and runs.' },
    VIEWER: { description: 'Reads.' },
  },
});

export { Role };
