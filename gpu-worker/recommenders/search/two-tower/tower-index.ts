import type { Product } from '../search-ranker.js';
import { addCosines, type TowerEncoder } from './encoder.js';
import { MOST_QUERY_FEATURES, productFeatures, textFeatures, type TextFeatures } from './text-features.js';

/** A catalogue as vectors, and the tower that makes vectors of queries. */
export class TowerIndex {
  constructor(
    readonly encoder: TowerEncoder,
    /** Unit vectors [products, width]; 0 for a product without text. */
    readonly vectors: Float32Array,
  ) {}

  static of(encoder: TowerEncoder, features: TextFeatures): TowerIndex {
    return new TowerIndex(encoder, encoder.products(features));
  }

  static over(encoder: TowerEncoder, products: readonly Product[]): TowerIndex {
    return TowerIndex.of(encoder, productFeatures(products, encoder.buckets));
  }

  /** Adds the cosine of the query with each product, times a weight, to the scores [products]. */
  addScores(query: string, weight: number, into: Float32Array): void {
    const features = textFeatures(query, this.encoder.buckets, MOST_QUERY_FEATURES);
    if (features.length === 0) return;
    addCosines(this.encoder.query(features), this.vectors, weight, into);
  }
}
