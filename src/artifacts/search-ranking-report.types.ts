import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { SearchBaseline, SearchedQueries, SearchMeasure } from '../../schema/messages/search-ranking.js';
import { ScoreInterval } from './ranking-report.types.js';

registerEnumType(SearchMeasure.enum, {
  name: 'SearchMeasure',
  description: 'What is measured of the list of products for a query; each 0–1.',
  valuesConfig: {
    NDCG: {
      description:
        'Normalised discounted cumulative gain: an answer counts by how good it is, the less, the further down it stands.',
    },
    MRR: { description: 'Mean of 1 / rank of the first product that answers whole.' },
    RECALL: { description: 'Share of the products that answer whole that the list has.' },
    DIVERSITY: {
      description:
        'Mean distance of the words of two products of the list; neither more nor less is better by itself.',
    },
  },
});

registerEnumType(SearchedQueries.enum, {
  name: 'SearchedQueries',
  description: 'Where tested queries come from.',
  valuesConfig: {
    ALL: { description: 'All of them.' },
    JUDGED: { description: 'Searches that were held out.' },
    SPELLING: { description: 'Other spellings of the titles of products that were held out.' },
    PREFIX: { description: 'Beginnings of such titles.' },
    TYPING_ERROR: { description: 'Such titles with typing errors.' },
  },
});

registerEnumType(SearchBaseline.enum, {
  name: 'SearchBaseline',
  description: 'What a search ranker is compared with; it learns nothing.',
  valuesConfig: {
    BM25: { description: 'BM25 over whole words.' },
    BM25_TRIGRAMS: { description: 'BM25 over runs of three characters, which finds misspelt words, too.' },
  },
});

@ObjectType({ description: 'A score beside that of a baseline on the same queries.' })
export class SearchComparison {
  @Field(() => SearchBaseline.enum, { description: 'The baseline.' })
  baseline!: string;

  @Field(() => ScoreInterval, { description: "The baseline's score." })
  score!: ScoreInterval;

  @Field(() => ScoreInterval, {
    description: "The ranker's score minus the baseline's, query by query: above 0, the ranker is better.",
  })
  difference!: ScoreInterval;
}

@ObjectType({ description: 'How well queries are answered, beside baselines.' })
export class SearchScore {
  @Field(() => SearchMeasure.enum, { description: 'What is measured.' })
  measure!: string;

  @Field(() => Int, { nullable: true, description: 'Length of the list; null for MRR.' })
  cutoff!: number | null;

  @Field(() => SearchedQueries.enum, { description: 'On which queries.' })
  queries!: string;

  @Field(() => ScoreInterval, { description: "The ranker's score." })
  score!: ScoreInterval;

  @Field(() => [SearchComparison], { description: 'The same of each baseline.' })
  beside!: SearchComparison[];
}

@ObjectType({ description: 'Queries that were tested.' })
export class TestedQueries {
  @Field(() => SearchedQueries.enum, { description: 'Where they come from.' })
  queries!: string;

  @Field(() => Int, { description: 'How many they are.' })
  count!: number;
}

@ObjectType({ description: 'How well a search ranker answers queries that it has not learnt from.' })
export class SearchRankingReport {
  @Field(() => String, { description: 'The ranker.' })
  ranker!: string;

  @Field(() => Int, { description: 'Products of the catalogue: all are searched.' })
  products!: number;

  @Field(() => Int, {
    description: 'Products that were held out from learning, and looked for; 0 where queries were held out.',
  })
  heldOutProducts!: number;

  @Field(() => Int, { description: 'Judged queries that it learnt from.' })
  realQueries!: number;

  @Field(() => Int, { description: 'Synthetic queries that it learnt from.' })
  syntheticQueries!: number;

  @Field(() => [TestedQueries], { description: 'What was tested.' })
  tested!: TestedQueries[];

  @Field(() => [SearchScore], { description: 'The scores.' })
  scores!: SearchScore[];

  @Field(() => [String], { description: 'What was put right or left out, in plain sentences.' })
  notes!: string[];
}
