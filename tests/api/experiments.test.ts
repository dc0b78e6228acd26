import { newId } from '../../src/platform/ids.js';
import { sharedServices } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';

let shop: Shop;

beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl);
});

interface Experiment {
  id: string;
  name: string;
  question: string;
  tags: string[];
  archivedAt: string | null;
  project: { id: string } | null;
}

async function change(
  operation: 'createExperiment' | 'updateExperiment' | 'archiveExperiment',
  input: object,
  by: Shop = shop,
): Promise<Experiment> {
  const type = `${operation.charAt(0).toUpperCase()}${operation.slice(1)}Input`;
  const { experiment } = await by.owner.mutate<{ experiment: Experiment }>(
    `mutation ($input: ${type}!) { ${operation}(input: $input) {
      experiment { id name question tags archivedAt project { id } } userErrors { message code path }
    } }`,
    { input },
  );
  return experiment;
}

const create = (input: object, by: Shop = shop) =>
  change('createExperiment', { projectId: by.projectId, name: 'Experiment', ...input }, by);

test('an experiment is made, changed, archived and brought back, and the log has each change once', async () => {
  const made = await create({
    name: ' Seeds ',
    question: 'Does it matter?',
    tags: ['seed', 'speed', 'seed'],
  });
  expect(made).toEqual({
    id: expect.stringMatching(/^exp_/) as string,
    name: 'Seeds',
    question: 'Does it matter?',
    tags: ['seed', 'speed'],
    archivedAt: null,
    project: { id: shop.projectId },
  });
  const { id } = made;
  expect(await change('updateExperiment', { id, tags: [] })).toEqual({ ...made, tags: [] });
  const archived = await change('archiveExperiment', { id });
  expect(archived.archivedAt).not.toBeNull();
  expect(await change('archiveExperiment', { id })).toEqual(archived);
  expect((await change('archiveExperiment', { id, archived: false })).archivedAt).toBeNull();
  const { auditLog } = await shop.owner.request<{ auditLog: { nodes: { action: string }[] } }>(
    `query ($id: ID!) { auditLog(filter: { subjectId: $id }) { nodes { action } } }`,
    { id },
  );
  expect(auditLog.nodes.map(({ action }) => action).sort()).toEqual([
    'experiment:archive',
    'experiment:archive',
    'experiment:create',
    'experiment:update',
  ]);
});

test('a repeat with the same key answers the same experiment, also when the project was archived since', async () => {
  const other = await makeShop(shop.url);
  const input = { name: 'Once', idempotencyKey: 'key' };
  const { id } = await create(input, other);
  expect((await create(input, other)).id).toBe(id);
  await expect(create({ ...input, name: 'Twice' }, other)).rejects.toMatchObject({
    code: 'IDEMPOTENCY_CONFLICT',
  });
  await other.owner.mutate(
    `mutation ($id: ID!) { archiveProject(input: { id: $id }) { userErrors { message code path } } }`,
    { id: other.projectId },
  );
  expect((await create(input, other)).id).toBe(id);
  await expect(create({ name: 'New' }, other)).rejects.toMatchObject({
    code: 'INVALID_STATE',
    path: ['input', 'projectId'],
  });
});

test.each([
  ['a name without text', { name: '  ' }, ['input', 'name']],
  ['a name of two lines', { name: 'a\nb' }, ['input', 'name']],
  ['a question too long', { question: 'x'.repeat(5_001) }, ['input', 'question']],
  ['an empty tag', { tags: ['fine', ''] }, ['input', 'tags', '1']],
  ['too many tags', { tags: Array.from({ length: 21 }, (_, i) => `t${i}`) }, ['input', 'tags']],
])('%s is refused by its path', async (_what, input, path) => {
  await expect(create(input)).rejects.toMatchObject({ code: 'INVALID_INPUT', path });
});

test('a project lists its experiments by tag, name and whether they are archived, page by page', async () => {
  const other = await makeShop(shop.url);
  for (const name of ['Alpha', 'Beta', 'Gamma'])
    await create({ name, tags: [name === 'Beta' ? 'odd' : 'even'] }, other);
  const { id } = await create({ name: 'Old', tags: ['even'] }, other);
  await change('archiveExperiment', { id }, other);
  const list = async (filter: object | null, first = 20, after?: string) => {
    const { project } = await other.owner.request<{
      project: {
        experiments: {
          totalCount: number;
          nodes: { name: string }[];
          pageInfo: { endCursor: string; hasNextPage: boolean };
        };
      };
    }>(
      `query ($id: ID!, $filter: ExperimentFilter, $first: Int, $after: String) { project(id: $id) {
        experiments(filter: $filter, first: $first, after: $after, orderBy: NAME_ASC) {
          totalCount nodes { name } pageInfo { endCursor hasNextPage }
        }
      } }`,
      { id: other.projectId, filter, first, after },
    );
    const { nodes, ...rest } = project.experiments;
    return { names: nodes.map(({ name }) => name), ...rest };
  };
  expect((await list({ tag: 'even' })).names).toEqual(['Alpha', 'Gamma', 'Old']);
  expect((await list({ tag: 'even', archived: false })).names).toEqual(['Alpha', 'Gamma']);
  expect((await list({ archived: true })).names).toEqual(['Old']);
  expect((await list({ nameContains: 'MM' })).names).toEqual(['Gamma']);
  // Not a pattern.
  expect((await list({ nameContains: 'A%' })).names).toEqual([]);
  const page = await list(null, 3);
  expect(page).toMatchObject({
    names: ['Alpha', 'Beta', 'Gamma'],
    totalCount: 4,
    pageInfo: { hasNextPage: true },
  });
  expect((await list(null, 3, page.pageInfo.endCursor)).names).toEqual(['Old']);
});

test("another tenant's experiment can't be told from one that doesn't exist", async () => {
  const { id } = await create({});
  const stranger = await makeShop(shop.url);
  const missing = newId('experiment');
  const find = (wanted: string) =>
    stranger.owner.request(`query ($id: ID!) { experiment(id: $id) { id } node(id: $id) { id } }`, {
      id: wanted,
    });
  expect(await find(id)).toEqual(await find(missing));
  for (const wanted of [id, missing]) {
    await expect(change('updateExperiment', { id: wanted, name: 'Mine' }, stranger)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `There is no experiment "${wanted}".`,
    });
  }
});
