import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { SearchConfig as Stored } from '../../schema/messages/run-config.js';
import { TableRefInput } from './event-log.inputs.js';
import { TrainOn } from './recommend.types.js';
import { searchOptionFields } from './search-options.types.js';

export const SearchedAmong = Stored.shape.among.unwrap().enum;
export type SearchedAmong = keyof typeof SearchedAmong;

registerEnumType(SearchedAmong, {
  name: 'SearchedAmong',
  description: 'What is ranked for a query when a search ranker is scored.',
  valuesConfig: {
    CATALOGUE: { description: 'All products; those that nobody judged count as no answer.' },
    JUDGED: { description: 'The products that were judged for the query, as in the task of ESCI.' },
  },
});

const TEXTS = 'texts of several columns are joined.';

@InputType({
  description: 'Columns of a catalogue by their roles. What is left out is guessed from names and kinds.',
})
export class CatalogueColumnsInput {
  @Field(() => String, { nullable: true, description: 'Name of the column that says which product.' })
  id?: string | null;

  @Field(() => [String], { nullable: true, description: `Names of columns of its title; ${TEXTS}` })
  title?: string[] | null;

  @Field(() => [String], { nullable: true, description: `Names of columns of its brand; ${TEXTS}` })
  brand?: string[] | null;

  @Field(() => [String], { nullable: true, description: `Names of columns of its category; ${TEXTS}` })
  category?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: `Names of columns of all else that is said of it; ${TEXTS}`,
  })
  description?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Name of the column that says for which locale.' })
  locale?: string | null;
}

@InputType({
  description:
    'Columns of searches by their roles, the same in real and synthetic ones. What is left out is guessed from names and kinds.',
})
export class SearchesColumnsInput {
  @Field(() => String, { nullable: true, description: 'Name of the column of what was typed.' })
  query?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the column of the query’s id, where the texts of queries are in a table of their own.',
  })
  queryId?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column of the product’s id.' })
  product?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of the column that says how well the product answers: numbers from 0 on, compared within a query, or labels. Without such a column each row is an answer.',
  })
  relevance?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the column that says `test` of rows of queries to hold out.',
  })
  split?: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the column that says for which locale.' })
  locale?: string | null;
}

@InputType('RelevanceGainInput', { description: 'What a label of relevance is worth.' })
@ObjectType('RelevanceGain', { description: 'What a label of relevance is worth.' })
export class RelevanceGain {
  @Field(() => String, { description: 'The label, in upper or lower case.' })
  label!: string;

  @Field(() => Float, { description: 'From 0, of no use, to 1, what was asked for.' })
  gain!: number;
}

@InputType({
  description:
    'Train a search ranker on a catalogue, and on judged queries where there are some; score how it answers queries that are held out, beside BM25.',
})
@searchOptionFields('input', (ranker) => `Options, when the ranker is \`${ranker}\`.`)
export class SearchInput {
  @Field(() => TableRefInput, {
    description:
      'The products, one a row. Several rows of one product are taken for spellings of it: the most frequent is searched.',
  })
  catalogue!: TableRefInput;

  @Field(() => TableRefInput, {
    nullable: true,
    description:
      'Queries with products, and how well those answer them. Without it, products are held out, and looked for by texts made of their titles.',
  })
  searches?: TableRefInput | null;

  @Field(() => TableRefInput, {
    nullable: true,
    description: 'Texts of queries by their ids, where the searches have ids alone.',
  })
  queries?: TableRefInput | null;

  @Field(() => TableRefInput, {
    nullable: true,
    description: 'Synthetic searches, when `trainOn` is SYNTHETIC or BOTH.',
  })
  synthetic?: TableRefInput | null;

  @Field(() => String, {
    defaultValue: 'fused',
    description: 'The ranker; `serverInfo.searchRankers` lists them.',
  })
  ranker!: string;

  @Field(() => CatalogueColumnsInput, { nullable: true, description: 'Columns of the catalogue.' })
  catalogueColumns?: CatalogueColumnsInput | null;

  @Field(() => SearchesColumnsInput, { nullable: true, description: 'Columns of the searches.' })
  searchesColumns?: SearchesColumnsInput | null;

  @Field(() => [RelevanceGain], {
    nullable: true,
    description:
      'What labels of relevance are worth; those of ESCI (E, S, C, I) and WANDS are known. Up to 100.',
  })
  gains?: RelevanceGain[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only rows of this locale, such as `us`, of tables that have a column of locales.',
  })
  locale?: string | null;

  @Field(() => TrainOn, {
    nullable: true,
    description: 'Whose searches it learns from. The test is on real ones in any case. Default: REAL.',
  })
  trainOn?: TrainOn | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of the queries that is held out, or of the products without searches, 0.01–0.9. Default: 0.2. A column that splits the searches goes before it.',
  })
  testShare?: number | null;

  @Field(() => SearchedAmong, {
    nullable: true,
    description: 'What is ranked for a query. Default: CATALOGUE.',
  })
  among?: SearchedAmong | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Length of the lists that are scored, 1–1,000. Default: 10.',
  })
  cutoff?: number | null;
}

@ObjectType({ description: 'Columns of a catalogue by their roles; null: guessed.' })
export class CatalogueColumns {
  @Field(() => String, { nullable: true, description: 'The column that says which product.' })
  id!: string | null;

  @Field(() => [String], { nullable: true, description: 'The columns of its title.' })
  title!: string[] | null;

  @Field(() => [String], { nullable: true, description: 'The columns of its brand.' })
  brand!: string[] | null;

  @Field(() => [String], { nullable: true, description: 'The columns of its category.' })
  category!: string[] | null;

  @Field(() => [String], { nullable: true, description: 'The columns of all else that is said of it.' })
  description!: string[] | null;

  @Field(() => String, { nullable: true, description: 'The column that says for which locale.' })
  locale!: string | null;
}

@ObjectType({ description: 'Columns of searches by their roles; null: guessed.' })
export class SearchesColumns {
  @Field(() => String, { nullable: true, description: 'The column of what was typed.' })
  query!: string | null;

  @Field(() => String, { nullable: true, description: 'The column of the query’s id.' })
  queryId!: string | null;

  @Field(() => String, { nullable: true, description: 'The column of the product’s id.' })
  product!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says how well it answers.' })
  relevance!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says what is held out.' })
  split!: string | null;

  @Field(() => String, { nullable: true, description: 'The column that says for which locale.' })
  locale!: string | null;
}

@ObjectType({ description: 'Trains a search ranker and scores how it answers queries.' })
@searchOptionFields('output', (ranker) => `Options that were set, when the ranker is \`${ranker}\`.`)
export class SearchConfig {
  @Field(() => String, { description: 'The ranker.' })
  ranker!: string;

  @Field(() => CatalogueColumns, {
    nullable: true,
    description: 'Columns of the catalogue; null: all guessed.',
  })
  catalogueColumns!: CatalogueColumns | null;

  @Field(() => SearchesColumns, {
    nullable: true,
    description: 'Columns of the searches; null: all guessed.',
  })
  searchesColumns!: SearchesColumns | null;

  @Field(() => [RelevanceGain], {
    nullable: true,
    description: 'What labels of relevance are worth; null: as ESCI and WANDS have them.',
  })
  gains!: RelevanceGain[] | null;

  @Field(() => String, { nullable: true, description: 'The locale; null: all rows.' })
  locale!: string | null;

  @Field(() => TrainOn, { description: 'Whose searches it learns from.' })
  trainOn!: TrainOn;

  @Field(() => Float, { description: 'Share of queries or products held out.' })
  testShare!: number;

  @Field(() => SearchedAmong, { description: 'What is ranked for a query.' })
  among!: SearchedAmong;

  @Field(() => Int, { description: 'Length of the lists that are scored.' })
  cutoff!: number;
}
