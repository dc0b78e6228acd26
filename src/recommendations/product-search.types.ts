import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MOST_EXCLUDED, MOST_RANKED } from '../../schema/messages/ranking-request.js';
import { LONGEST_QUERY, MatchedField, WordMatchKind } from '../../schema/messages/search-request.js';

registerEnumType(WordMatchKind.enum, {
  name: 'WordMatchKind',
  description: 'How a word of a query and one of a product are alike.',
  valuesConfig: {
    EXACT: { description: 'They are the same.' },
    BEGINNING: { description: "The product's begins with the query's." },
    MISSPELT: { description: 'One typing error is between them.' },
  },
});

registerEnumType(MatchedField.enum, {
  name: 'MatchedField',
  description: 'A text of a product.',
  valuesConfig: {
    TITLE: { description: 'Its title.' },
    BRAND: { description: 'Its brand.' },
    CATEGORY: { description: 'Its category.' },
    DESCRIPTION: { description: 'All else that is said of it.' },
  },
});

@InputType({ description: 'Which search ranker is asked, and for what.' })
export class SearchProductsInput {
  @Field(() => ID, { description: 'The search ranker: an artifact of the kind SEARCH_RANKER.' })
  searchRankerArtifactId!: string;

  @Field(() => String, {
    description: `What somebody has typed, also half a word; at most ${LONGEST_QUERY.toLocaleString('en')} characters.`,
  })
  query!: string;

  @Field(() => Int, {
    defaultValue: 10,
    description: `Most products of the answer, 1–${MOST_RANKED.toLocaleString('en')}.`,
  })
  k!: number;

  @Field(() => [String], {
    nullable: true,
    description: `Ids of products that mustn't be in the answer, such as those that are sold out; at most ${MOST_EXCLUDED.toLocaleString('en')}.`,
  })
  exclude?: string[] | null;
}

@ObjectType({
  description:
    'A word of the query that the product has. Words are shown as they are compared: in lower case, without accents.',
})
export class WordMatch {
  @Field(() => String, { description: 'The word of the query.' })
  queryWord!: string;

  @Field(() => String, { description: 'The word of the product.' })
  productWord!: string;

  @Field(() => MatchedField.enum, { description: 'In which text of the product it is.' })
  field!: string;

  @Field(() => WordMatchKind.enum, { description: 'How they are alike.' })
  match!: string;
}

@ObjectType({ description: 'A product that was found.' })
export class FoundProduct {
  @Field(() => String, { description: 'Its id, as in the catalogue.' })
  product!: string;

  @Field(() => Float, { description: 'Higher is better; comparable within one answer only.' })
  score!: number;

  @Field(() => String, { nullable: true, description: 'Its title, where the catalogue has one.' })
  title!: string | null;

  @Field(() => String, { nullable: true, description: 'Its brand, where the catalogue has one.' })
  brand!: string | null;

  @Field(() => String, { nullable: true, description: 'Its category, where the catalogue has one.' })
  category!: string | null;

  @Field(() => [WordMatch], {
    description:
      'What it has of the query: each word of the query with the word that is most like it, in their order. Empty where a network found it by other likeness.',
  })
  reasons!: readonly WordMatch[];
}

@ObjectType({ description: 'The model that found products, and where it comes from.' })
export class SearchModel {
  @Field(() => ID, { description: 'The artifact; its `lineage` tells all that it was made of.' })
  artifactId!: string;

  @Field(() => ID, { description: 'The run that trained it.' })
  runId!: string;

  @Field(() => String, { description: 'Name of the ranker, such as `fused`.' })
  ranker!: string;
}

@ObjectType({ description: 'Products for a query, the best first.' })
export class ProductSearch {
  @Field(() => [FoundProduct], {
    description:
      'The best first; fewer than `k` where no more are found. None for a query without a letter or digit.',
  })
  products!: readonly FoundProduct[];

  @Field(() => [String], {
    description:
      'Words of the query that no product has. BM25 finds nothing by them; a network guesses by their characters.',
  })
  unknownWords!: readonly string[];

  @Field(() => SearchModel, { description: 'What found them.' })
  model!: SearchModel;
}
