import { sharedServices } from '../platform/services.js';
import { makeShop, type Shop } from '../platform/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await makeShop(sharedServices().gatewayUrl, 'Hostile text');
});
afterAll(() => shop.owner.close());

const RENAME = 'mutation ($id: ID!) { updateDataset(input: { id: $id, name: "x" }) { userErrors { code } } }';

test.each<[string, string, object]>([
  ['an id', 'query ($id: ID!) { dataset(id: $id) { id } }', { id: 'dst_\0' }],
  ['an id to change', RENAME, { id: 'dst_\0' }],
  [
    'a filter',
    'query ($f: ProjectFilter) { projects(filter: $f) { totalCount } }',
    { f: { nameContains: 'a\0' } },
  ],
  ['the document', '{ dataset(id: "dst_\\u0000") { id } }', {}],
])('the character U+0000 in %s is the mistake of the caller, and says so', async (_, document, variables) => {
  await expect(shop.owner.request(document, { ...variables })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('U+0000') as string,
  });
});

test('text of every script, and pictures, come back as they were', async () => {
  const name = 'Ωμέγα 商品 🛒 e\u0301';
  const { project } = await shop.owner.mutate<{ project: { name: string } }>(
    `mutation ($input: CreateProjectInput!) {
      createProject(input: $input) { project { name } userErrors { code message path } }
    }`,
    { input: { name } },
  );
  expect(project.name).toBe(name);
});
