import { LoadedModels, ModelTooLarge } from './loaded-models.js';

/** Loads are told by the ids in `loads`; one ends when the test says so, or at once. */
function models(mostBytes: number) {
  const loads: string[] = [];
  const cache = new LoadedModels<{ id: string; bytes: number }, string>(mostBytes, async ({ id }) => {
    loads.push(id);
    await Promise.resolve();
    if (id.startsWith('broken')) throw new Error(`${id} can't be read`);
    return `model ${id}`;
  });
  return { loads, get: (id: string, bytes = 10) => cache.get({ id, bytes }) };
}

test('a model is loaded once for all who ask at the same time, and stays', async () => {
  const { loads, get } = models(30);
  expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual(['model a', 'model a', 'model a']);
  expect(await get('a')).toBe('model a');
  expect(loads).toEqual(['a']);
});

test('the model that was not asked for the longest makes room, by bytes', async () => {
  const { loads, get } = models(30);
  for (const id of ['a', 'b', 'c']) await get(id);
  await get('a');
  await get('d', 20);
  expect(loads).toEqual(['a', 'b', 'c', 'd']);
  await get('a');
  await get('d', 20);
  expect(loads).toEqual(['a', 'b', 'c', 'd']);
  await get('b');
  expect(loads).toEqual(['a', 'b', 'c', 'd', 'b']);
});

test('a load that failed is tried again, and fails for all who waited for it', async () => {
  const { loads, get } = models(30);
  const both = await Promise.allSettled([get('broken'), get('broken')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(loads).toEqual(['broken']);
  await expect(get('broken')).rejects.toThrow("broken can't be read");
  expect(loads).toEqual(['broken', 'broken']);
});

test('a model that could never be held is refused, and drives none out', async () => {
  const { loads, get } = models(30);
  await get('a');
  await expect(get('giant', 31)).rejects.toThrow(ModelTooLarge);
  await get('a');
  expect(loads).toEqual(['a']);
});
