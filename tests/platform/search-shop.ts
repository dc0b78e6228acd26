import { finish } from '../../client/synthesize.js';
import { ingestText, startRun, type Shop } from './shop.js';

const THINGS = ['mug', 'teapot', 'lantern', 'cushion', 'garland', 'umbrella'];
const COLOURS = ['red', 'blue', 'green', 'pink', 'white'];

/** 30 products, each a thing in a colour, with a brand and a category. */
export function catalogueCsv(): string {
  const products = THINGS.flatMap((thing, row) =>
    COLOURS.map((colour, column) => `p${row * 5 + column},${colour} ${thing},Maker & Co,home / ${thing}s`),
  );
  return ['product_id,title,brand,category', ...products].join('\n');
}

/** Queries of other words for things and colours, with the products that answer them. */
export function searchesCsv(): string {
  const words = { mug: 'cup', teapot: 'kettle', lantern: 'lamp', cushion: 'pillow' };
  const searches = Object.values(words).flatMap((word, row) =>
    COLOURS.map((colour, column) => `${colour} ${word},p${row * 5 + column},Exact`),
  );
  return ['query,product_id,label', ...searches, 'red cup,sold-out,Exact'].join('\n');
}

/** Trains BM25 on `catalogueCsv`, and answers the id of its artifact. */
export async function trainSearch(shop: Shop): Promise<{ runId: string; searchRankerId: string }> {
  const { datasetVersionId } = await ingestText(shop, catalogueCsv(), 'products.csv');
  const runId = await startRun(shop, { search: { catalogue: { datasetVersionId }, ranker: 'bm25' } });
  const { run } = await finish(shop.owner, runId, {});
  const ranker = run.artifacts.nodes.find(({ kind }) => kind === 'SEARCH_RANKER');
  if (!ranker) throw new Error(`The run ${runId} has made no search ranker.`);
  return { runId, searchRankerId: ranker.id };
}
