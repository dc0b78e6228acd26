import { createHash, randomUUID } from 'node:crypto';
import type { RankingReply, RankingRequest, Unanswered } from '../../schema/messages/ranking-request.js';
import type { SearchReply, SearchRequest } from '../../schema/messages/search-request.js';
import { formatOf } from '../compute/safetensors.js';
import { reasonsFor } from '../explain/reasons.js';
import { TransferRefused } from '../objects.js';
import { fullText } from '../parent-link.js';
import { readRecommender, type NamedRecommender } from '../recommenders/read-recommender.js';
import { foundProducts } from '../recommenders/search/found-products.js';
import { readServedRanker, SERVED_FORMAT, type ServedRanker } from '../recommenders/search/served-ranker.js';
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

/** What a file may hold, by what it was trained for. */
export type ServedModel =
  ({ readonly kind: 'recommender' } & NamedRecommender) | ({ readonly kind: 'search ranker' } & ServedRanker);
export type Models = LoadedModels<Source, ServedModel>;

/** At most so many bytes of models, counted by their files. */
export function servedModels(mostBytes: number): Models {
  return new LoadedModels(mostBytes, async (source: Source) => readModel(await fetchModel(source)));
}

/** Gives a file to what wrote it. Throws SafetensorsError, ZodError or RangeError for any other file. */
async function readModel(file: Uint8Array): Promise<ServedModel> {
  if (formatOf(file) === SERVED_FORMAT) return { kind: 'search ranker', ...(await readServedRanker(file)) };
  return { kind: 'recommender', ...(await readRecommender(file)) };
}

/** A reply, and the full text of the error behind one that FAILED. */
export interface Answered<Reply> {
  readonly reply: Reply;
  readonly detail?: string;
}

/** Ranks with the recommender that is asked for; loads it first where it isn't held. Never throws. */
export function rank({ query, ...request }: RankingRequest, models: Models): Promise<Answered<RankingReply>> {
  return answered<RankingReply>(request, models, async (served) => {
    if (served.kind !== 'recommender') throw new TypeError(`${request.artifactId} is a ${served.kind}`);
    const ranking = served.model.rank(query);
    const { items, basis, unknown } = ranking;
    const reasons = query.reasons
      ? await reasonsFor(served.model, query, ranking, query.reasons, Date.now())
      : undefined;
    return {
      answer: 'RANKED',
      recommender: served.name,
      items: items.map(({ item, score }, place) => ({
        ...{ item, score },
        ...(reasons && { reasons: reasons[place]! }),
      })),
      basis,
      unknown: { user: unknown.user, items: [...unknown.items], platform: unknown.platform },
    };
  });
}

/** The same with a search ranker: finds products for a query. */
export function find({ query, ...request }: SearchRequest, models: Models): Promise<Answered<SearchReply>> {
  return answered<SearchReply>(request, models, (served) => {
    if (served.kind !== 'search ranker') throw new TypeError(`${request.artifactId} is a ${served.kind}`);
    return { answer: 'FOUND', ranker: served.name, ...foundProducts(served, query) };
  });
}

async function answered<Reply>(
  { artifactId, model }: Omit<RankingRequest, 'query'>,
  models: Models,
  answer: (served: ServedModel) => Reply | Promise<Reply>,
): Promise<Answered<Reply | Unanswered>> {
  try {
    return { reply: await answer(await models.get({ id: artifactId, ...model })) };
  } catch (error) {
    if (error instanceof ModelTooLarge) {
      const message = `The model has ${model.bytes} bytes, more than a worker of its pool may hold. Raise MODEL_CACHE_MB there.`;
      return { reply: { answer: 'REFUSED', reason: 'TOO_LARGE', message } };
    }
    if (error instanceof TransferRefused && error.status === 404) {
      const message = `The file of the model "${artifactId}" was deleted.`;
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
