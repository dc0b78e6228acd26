import { pino } from 'pino';
import { ApiKeyService } from '../../src/access/api-key.service.js';
import { Authentication } from '../../src/access/authentication.js';
import type { RequestContext } from '../../src/access/context.js';
import { SessionService } from '../../src/access/session.service.js';
import { AccessTokens } from '../../src/access/tokens.js';
import { Database } from '../../src/platform/database.js';
import { ProjectService } from '../../src/projects/project.service.js';
import { InvitationService } from '../../src/tenants/invitation.service.js';
import { MemberService } from '../../src/tenants/member.service.js';
import { TenantService } from '../../src/tenants/tenant.service.js';
import { MemberOrder } from '../../src/tenants/tenant.types.js';
import { testDatabase, type TestDatabase } from '../platform/services.js';

let files: TestDatabase;
let database: Database;
let authentication: Authentication;
let sessions: SessionService;
let apiKeys: ApiKeyService;
let tenants: TenantService;
let members: MemberService;
let invitations: InvitationService;
let projects: ProjectService;

beforeAll(async () => {
  files = await testDatabase();
  database = new Database({ appUrl: files.appUrl, dispatchUrl: files.dispatchUrl, poolSize: 6 });
  const tokens = new AccessTokens(Buffer.alloc(32, 3), 900);
  authentication = new Authentication(database, tokens, pino({ level: 'silent' }));
  sessions = new SessionService(database, tokens, authentication, 900);
  apiKeys = new ApiKeyService(database, authentication);
  tenants = new TenantService(database, authentication);
  members = new MemberService(database, authentication);
  invitations = new InvitationService(database, authentication);
  projects = new ProjectService(database);
});

afterAll(async () => {
  await database?.close();
  await files?.drop();
});

const PASSWORD = 'a very good password';
let people = 0;

async function person() {
  const email = `person${++people}@example.com`;
  const { tokens } = await sessions.signUp({ email, password: PASSWORD, name: 'Person' });
  return { email, tokens, as: (tenant?: string) => identified(`Bearer ${tokens.accessToken}`, tenant) };
}

async function identified(authorization: string, tenant?: string): Promise<RequestContext> {
  return { ...(await authentication.identify({ authorization, tenant })), requestId: 'req_test' };
}

async function company() {
  const owner = await person();
  const tenant = await tenants.create(await owner.as(), { name: 'Shop' });
  const join = async (role: 'OWNER' | 'ADMIN' | 'EDITOR' | 'VIEWER') => {
    const somebody = await person();
    const { token } = await invitations.create(await owner.as(), { email: somebody.email, role });
    const { member } = await invitations.accept(await somebody.as(), token!);
    return { ...somebody, member };
  };
  const ownMember = (await members.list(await owner.as(), null, MemberOrder.CREATED_AT_ASC, {})).edges[0]!
    .node;
  return { owner, tenant, join, ownMember };
}

const rejectedAs = (code: string): unknown => expect.objectContaining({ code });

describe('sessions', () => {
  test('a wrong password and an unknown address are told alike, and guessing is slowed down', async () => {
    const { email } = await person();
    const tries = [];
    for (let i = 0; i < 11; i++) {
      tries.push(
        await sessions.signIn({ email, password: `wrong ${i} wrong` }, '10.0.0.1').catch((e: unknown) => e),
      );
    }
    expect(tries.slice(0, 10)).toEqual(Array(10).fill(rejectedAs('UNAUTHENTICATED')));
    expect(tries[10]).toEqual(rejectedAs('LIMIT_EXCEEDED'));
    const unknown = await sessions
      .signIn({ email: 'nobody@example.com', password: PASSWORD }, '10.0.0.1')
      .catch((e: unknown) => e);
    expect((unknown as Error).message).toBe((tries[0] as Error).message);
    expect((await sessions.signIn({ email, password: PASSWORD }, '10.0.0.2')).user.email).toBe(email);
  });

  test('a refresh token is good for one use; using it again ends the session', async () => {
    const { tokens } = await person();
    const { tokens: next } = await sessions.refresh({ refreshToken: tokens.refreshToken });
    await identified(`Bearer ${next.accessToken}`);
    await expect(sessions.refresh({ refreshToken: tokens.refreshToken })).rejects.toEqual(
      rejectedAs('UNAUTHENTICATED'),
    );
    await expect(identified(`Bearer ${next.accessToken}`)).rejects.toEqual(rejectedAs('UNAUTHENTICATED'));
    await expect(sessions.refresh({ refreshToken: next.refreshToken })).rejects.toEqual(
      rejectedAs('UNAUTHENTICATED'),
    );
  });

  test('signing out ends the access token', async () => {
    const somebody = await person();
    await sessions.signOut(await somebody.as());
    await expect(somebody.as()).rejects.toEqual(rejectedAs('UNAUTHENTICATED'));
  });

  test('a new password ends the other sessions and keeps this one', async () => {
    const somebody = await person();
    const other = await sessions.signIn({ email: somebody.email, password: PASSWORD }, '');
    await sessions.changePassword(await somebody.as(), {
      currentPassword: PASSWORD,
      newPassword: 'another good one',
    });
    await somebody.as();
    await expect(identified(`Bearer ${other.tokens.accessToken}`)).rejects.toEqual(
      rejectedAs('UNAUTHENTICATED'),
    );
  });
});

describe('members', () => {
  test('an invitation is good once, and only for its address', async () => {
    const { owner } = await company();
    const [invited, other] = [await person(), await person()];
    const { token } = await invitations.create(await owner.as(), { email: invited.email, role: 'VIEWER' });
    await expect(invitations.accept(await other.as(), token!)).rejects.toEqual(rejectedAs('NOT_FOUND'));
    await invitations.accept(await invited.as(), token!);
    await expect(invitations.accept(await invited.as(), token!)).rejects.toEqual(rejectedAs('EXPIRED'));
  });

  test('nobody gives or takes a role above their own', async () => {
    const { join, ownMember } = await company();
    const admin = await join('ADMIN');
    const viewer = await join('VIEWER');
    const asAdmin = await admin.as();
    await expect(members.update(asAdmin, { id: viewer.member.id, role: 'OWNER' })).rejects.toEqual(
      rejectedAs('FORBIDDEN'),
    );
    await expect(members.update(asAdmin, { id: ownMember.id, role: 'VIEWER' })).rejects.toEqual(
      rejectedAs('FORBIDDEN'),
    );
    await expect(members.remove(asAdmin, ownMember.id)).rejects.toEqual(rejectedAs('FORBIDDEN'));
    expect((await members.update(asAdmin, { id: viewer.member.id, role: 'EDITOR' })).role).toBe('EDITOR');
  });

  test('of two owners who leave at the same time one stays', async () => {
    const { owner, join, ownMember } = await company();
    const second = await join('OWNER');
    const left = await Promise.allSettled([
      members.remove(await owner.as(), ownMember.id),
      members.remove(await second.as(), second.member.id),
    ]);
    expect(left.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test('whoever was removed sees the tenant no more, told as for one that does not exist', async () => {
    const { owner, tenant, join } = await company();
    const viewer = await join('VIEWER');
    expect((await viewer.as(tenant.id)).tenantId).toBe(tenant.id);
    await members.remove(await owner.as(), viewer.member.id);
    await expect(viewer.as(tenant.id)).rejects.toThrow(`There is no tenant "${tenant.id}".`);
  });

  test('a role on a project lifts a viewer there, and nowhere else', async () => {
    const { owner, join } = await company();
    const viewer = await join('VIEWER');
    const [here, there] = await Promise.all(
      ['Here', 'There'].map(async (name) => projects.create(await owner.as(), { name })),
    );
    const rename = async (id: string) => projects.update(await viewer.as(), { id, name: 'Renamed' });
    await expect(rename(here!.id)).rejects.toEqual(rejectedAs('FORBIDDEN'));
    await projects.grant(await owner.as(), {
      projectId: here!.id,
      memberId: viewer.member.id,
      role: 'ADMIN',
    });
    expect((await rename(here!.id)).name).toBe('Renamed');
    await expect(rename(there!.id)).rejects.toEqual(rejectedAs('FORBIDDEN'));
  });
});

describe('API keys', () => {
  test('may do nothing that their maker may not, and end when revoked', async () => {
    const { owner, join } = await company();
    const admin = await join('ADMIN');
    const make = async (scopes: ('tenant:delete' | 'project:read')[]) =>
      apiKeys.create(await admin.as(), { name: 'k', scopes });
    await expect(make(['tenant:delete'])).rejects.toEqual(rejectedAs('FORBIDDEN'));
    const { apiKey, secret } = await make(['project:read']);
    expect(secret).toMatch(new RegExp(`^${apiKey.prefix}`));
    const asKey = await identified(`Bearer ${secret}`);
    await projects.list(asKey, null, 'NAME_ASC' as never, {});
    await expect(projects.create(asKey, { name: 'P' })).rejects.toEqual(rejectedAs('FORBIDDEN'));
    await apiKeys.revoke(await owner.as(), apiKey.id);
    await expect(identified(`Bearer ${secret}`)).rejects.toEqual(rejectedAs('UNAUTHENTICATED'));
  });

  test('confined to a project see no other', async () => {
    const { owner } = await company();
    const here = await projects.create(await owner.as(), { name: 'Here' });
    const there = await projects.create(await owner.as(), { name: 'There' });
    const { secret } = await apiKeys.create(await owner.as(), {
      name: 'k',
      scopes: ['project:read', 'project:update'],
      projectId: here.id,
    });
    const asKey = await identified(`Bearer ${secret}`);
    const { edges } = await projects.list(asKey, null, 'NAME_ASC' as never, {});
    expect(edges.map(({ node }) => node.id)).toEqual([here.id]);
    expect(await projects.find(asKey, there.id)).toBeNull();
    await expect(projects.update(asKey, { id: there.id, name: 'X' })).rejects.toEqual(
      rejectedAs('NOT_FOUND'),
    );
  });

  test('a repeat of the request makes no second key and shows no secret', async () => {
    const { owner } = await company();
    const make = async () =>
      apiKeys.create(await owner.as(), { name: 'k', scopes: ['project:read'], idempotencyKey: 'once' });
    const [first, second] = [await make(), await make()];
    expect(second.apiKey.id).toBe(first.apiKey.id);
    expect(second.secret).toBeNull();
  });
});
