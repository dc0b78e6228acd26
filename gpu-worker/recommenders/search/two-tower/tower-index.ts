import type { Product } from '../search-ranker.js';
import { dotProducts } from '../../plain-products.js';
import type { TowerEncoder } from './encoder.js';
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

  /** The cosine of the query with each product [products]; all 0 for a query without features. */
  score(query: string, into: Float32Array): void {
    const features = textFeatures(query, this.encoder.buckets, MOST_QUERY_FEATURES);
    if (features.length === 0) into.fill(0);
    else dotProducts(this.vectors, this.encoder.query(features), into);
  }
}
