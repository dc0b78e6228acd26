import { systemContext } from '../../src/access/context.js';
import { audit } from '../../src/audit/audit.js';
import { Database, type ProjectChange } from '../../src/platform/database.js';
import { seedProject } from '../platform/seed.js';
import { sharedServices, testDatabase, type TestDatabase } from '../platform/services.js';
import { makeShop } from '../platform/shop.js';

let server: TestDatabase;
let database: Database;
let told: ProjectChange[];

beforeAll(async () => {
  server = await testDatabase();
  database = new Database({ appUrl: server.appUrl, dispatchUrl: server.dispatchUrl, poolSize: 3 });
});
afterAll(async () => {
  await database.close();
  await server.drop();
});
beforeEach(() => {
  told = [];
  database.onProjectChange = (change) => void told.push(change);
});

test("a project's followers are told once of what a transaction did, when it can be read", async () => {
  const { tenantId, projectId } = await seedProject(server);
  const context = systemContext(tenantId, 'test');
  await database.withTenant({ tenantId }, async (tx) => {
    await audit(context, tx, { action: 'project:update', subjectId: projectId, projectId });
    await audit(context, tx, { action: 'project:archive', subjectId: projectId, projectId });
    expect(told).toEqual([]);
  });
  expect(told).toEqual([{ tenantId, projectId, lastSequence: 2 }]);
});

test('nobody is told of what was rolled back, nor of a change outside any project', async () => {
  const { tenantId, projectId } = await seedProject(server);
  const context = systemContext(tenantId, 'test');
  const failed = database.withTenant({ tenantId }, async (tx) => {
    await audit(context, tx, { action: 'project:update', subjectId: projectId, projectId });
    throw new Error('changed my mind');
  });
  await expect(failed).rejects.toThrow('changed my mind');
  await database.withTenant({ tenantId }, (tx) =>
    audit(context, tx, { action: 'tenant:update', subjectId: tenantId }),
  );
  expect(told).toEqual([]);
});

test('a follower of a project sees the changes of people, in order', async () => {
  const { owner, projectId } = await makeShop(sharedServices().gatewayUrl);
  const activity = owner.subscribe<{ projectActivity: { action: string; subjectId: string } }>(
    'subscription ($id: ID!) { projectActivity(projectId: $id) { action subjectId } }',
    { id: projectId },
  );
  const next = async () => {
    const event = await activity.next();
    return event.done ? undefined : event.value.projectActivity;
  };
  expect(await next()).toEqual({ action: 'project:create', subjectId: projectId });
  const { experiment } = await owner.mutate<{ experiment: { id: string } }>(
    `mutation ($input: CreateExperimentInput!) {
      createExperiment(input: $input) { experiment { id } userErrors { message code path } }
    }`,
    { input: { projectId, name: 'Seeds' } },
  );
  expect(await next()).toEqual({ action: 'experiment:create', subjectId: experiment.id });
  await activity.return(undefined);
});
