import { createHash, randomUUID } from 'node:crypto';
import type { RankingReply, RankingRequest } from '../../schema/messages/ranking-request.js';
import { TransferRefused } from '../objects.js';
import { fullText } from '../parent-link.js';
import { readRecommender, type NamedRecommender } from '../recommenders/read-recommender.js';
import { LoadedModels, ModelTooLarge } from './loaded-models.js';

/** Whoever asked has given up long before; the load goes on for those who ask again. */
const FETCH_MILLISECONDS = 30_000;

export interface Source {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Signed GET URL. */
  readonly url: string;
}

export type Models = LoadedModels<Source, NamedRecommender>;

/** At most so many bytes of models, counted by their files. */
export function servedModels(mostBytes: number): Models {
  return new LoadedModels(mostBytes, async (source: Source) => readRecommender(await fetchModel(source)));
}

/** Ranks with the model that is asked for; loads it first where it isn't held. Never throws. */
export async function answer(
  { artifactId, model, query }: RankingRequest,
  models: Models,
): Promise<{ reply: RankingReply; detail?: string }> {
  try {
    const { name, model: recommender } = await models.get({ id: artifactId, ...model });
    const { items, basis, unknown } = recommender.rank(query);
    return {
      reply: {
        answer: 'RANKED',
        recommender: name,
        items: items.map(({ item, score }) => ({ item, score })),
        basis,
        unknown: { user: unknown.user, items: [...unknown.items], platform: unknown.platform },
      },
    };
  } catch (error) {
    if (error instanceof ModelTooLarge) {
      const message = `The recommender has ${model.bytes} bytes, more than a worker of its pool may hold. Raise MODEL_CACHE_MB there.`;
      return { reply: { answer: 'REFUSED', reason: 'TOO_LARGE', message } };
    }
    if (error instanceof TransferRefused && error.status === 404) {
      const message = `The file of the recommender "${artifactId}" was deleted.`;
      return { reply: { answer: 'REFUSED', reason: 'DELETED', message } };
    }
    return { reply: { answer: 'FAILED', incidentId: randomUUID() }, detail: fullText(error) };
  }
}

/** The file, checked against its size and SHA-256. One try: those who wait ask again. */
async function fetchModel({ id, url, bytes, sha256 }: Source): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MILLISECONDS) });
  if (!response.ok) throw new TransferRefused(response.status, await response.text().catch(() => ''));
  const file = new Uint8Array(await response.arrayBuffer());
  if (file.length !== bytes) throw new RangeError(`${id} has ${file.length} bytes instead of ${bytes}`);
  const found = createHash('sha256').update(file).digest('hex');
  if (found !== sha256) throw new RangeError(`${id} has the SHA-256 ${found}, not ${sha256}`);
  return file;
}
