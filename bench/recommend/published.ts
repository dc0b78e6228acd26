/** Figures of others: HR@10 and NDCG@10 of the last item, ranked among all items, 0–1. */
export interface Published {
  readonly method: string;
  readonly source: string;
  readonly hitRate: string;
  readonly ndcg: string;
}

/** Amazon Beauty, 5-core: 22,363 users, 12,101 items, 198,502 interactions; leave-one-out, full ranking. */
export const BEAUTY_USERS = 22_363;
export const BEAUTY_ITEMS = 12_101;
export const BEAUTY: readonly Published[] = [
  {
    method: 'popularity',
    source: 'a re-run in this protocol',
    hitRate: '0.0114',
    ndcg: '0.0053',
  },
  {
    method: 'SASRec, sampled negatives',
    source: 'Rajput et al., TIGER, 2023, table 1',
    hitRate: '0.0605',
    ndcg: '0.0318',
  },
  { method: 'S3-Rec', source: 'Rajput et al., TIGER, 2023, table 1', hitRate: '0.0647', ndcg: '0.0327' },
  { method: 'TIGER', source: 'Rajput et al., TIGER, 2023, table 1', hitRate: '0.0648', ndcg: '0.0384' },
  {
    method: 'SASRec, full cross-entropy',
    source: 'several re-runs',
    hitRate: '0.0810–0.0897',
    ndcg: '0.0457–0.0539',
  },
];
