import { newId } from '../../src/platform/ids.js';
import { change } from '../platform/change.js';
import { seedArtifact } from '../platform/seed-artifact.js';
import { seedRun } from '../platform/seed.js';
import { sharedServices } from '../platform/services.js';
import type { Shop } from '../platform/shop.js';

/** A model without a version. */
export async function newModel(shop: Shop, input: object = {}): Promise<string> {
  const { model } = await change<{ model: { id: string } }>(shop, 'createModel', 'model { id }', {
    projectId: shop.projectId,
    name: newId('model'),
    ...input,
  });
  return model.id;
}

/** A version of it, by default of a recommender without a file, which can do all but answer. */
export async function newVersion(shop: Shop, modelId: string, input: object = {}): Promise<string> {
  const { modelVersion } = await change<{ modelVersion: { id: string } }>(
    shop,
    'addModelVersion',
    'modelVersion { id }',
    {
      modelId,
      ...('recommenderArtifactId' in input ? {} : { recommenderArtifactId: await recommender(shop) }),
      ...input,
    },
  );
  return modelVersion.id;
}

async function recommender(shop: Shop): Promise<string> {
  const database = { ownerUrl: sharedServices().sharedDatabaseUrl };
  const run = await seedRun(database, shop, 'SUCCEEDED', 'RECOMMEND');
  return (await seedArtifact(database, run, 'RECOMMENDER', { bytes: 1_000 })).id;
}

/** Changes what is live. */
export async function deploy(
  shop: Shop,
  mutation: 'promoteModelVersion' | 'splitModelTraffic' | 'rollBackModel' | 'withdrawModel',
  input: object,
): Promise<{ id: string; revision: number }> {
  const { model } = await change<{ model: { id: string; revision: number } }>(
    shop,
    mutation,
    'model { id revision }',
    input,
  );
  return model;
}

export async function liveOf(
  shop: Shop,
  modelId: string,
): Promise<{ id: string; number: number; share: number }[]> {
  const { model } = await shop.owner.request<{
    model: { live: { id: string; number: number; share: number }[] };
  }>('query ($id: ID!) { model(id: $id) { live { id number share } } }', { id: modelId });
  return model.live;
}
