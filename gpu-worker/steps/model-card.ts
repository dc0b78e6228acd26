import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constraintText } from '../../schema/messages/constraints.js';
import { stepText, type StepRecord } from '../../schema/messages/preparation.js';
import { ModelCard } from '../../schema/messages/model-card.js';
import { SCORE_FAMILIES, type Evaluation } from '../../schema/messages/scores.js';
import { familyVerdict } from '../evaluation/report/family-verdicts.js';
import { verdictOn } from '../evaluation/report/verdict.js';
import type { OutputFile } from '../session.js';

const INTENDED_USE = [
  'Rows of the same shape as the table, for development, tests, demonstrations and the training of models, as far as the scores below allow it.',
  'More rows of the same kind: sample the model again with another seed.',
];

/** What is told of the model but for what its evaluation says. */
export type CardFacts = Pick<ModelCard, 'runId' | 'data' | 'model'>;

/** Everything that one should know of a model before its rows are used. */
export function modelCard({ runId, data, model }: CardFacts, evaluation: Evaluation, now: Date): ModelCard {
  const { headline, details, warnings } = verdictOn(evaluation);
  const families = [...new Set(Object.values(SCORE_FAMILIES))];
  const verdicts = families.flatMap((family) => familyVerdict(family, evaluation)?.sentence ?? []);
  return ModelCard.parse({
    v: 1,
    runId,
    createdAt: now.toISOString(),
    data,
    model,
    scores: evaluation.scores,
    verdict: [headline, ...(details ? [details] : []), ...warnings, ...verdicts],
    intendedUse: INTENDED_USE,
    limits: [
      'Synthetic rows stand for no one: nothing may be concluded from them about a single person, order or session.',
      "What the table doesn't hold, the model can't know: its gaps and biases come back in the rows.",
      ...(evaluation.rows.test === undefined
        ? [
            "Attacks on privacy were not tried: they need a holdout. Don't call the rows anonymous on these scores alone.",
          ]
        : []),
      ...('minimumSupport' in model.options
        ? [
            `Values that fewer than ${JSON.stringify(model.options['minimumSupport'])} rows share are not told.`,
          ]
        : []),
      privacyOf(model),
      ...evaluation.notes,
    ],
  } satisfies ModelCard);
}

function privacyOf({ privacy, options }: CardFacts['model']): string {
  if (privacy) {
    return (
      `The model and its rows protect single rows with differential privacy: ε = ${privacy.epsilon.toPrecision(3)}, ` +
      `δ = ${privacy.delta}. The table's columns and their kinds, the scores and the report are not covered, nor is this card's record of the preparation: they are made of real rows.`
    );
  }
  return 'epsilon' in options
    ? 'Constraints look at real rows without noise, as do steps of the preparation that learn from rows: with them, no differential privacy is promised.'
    : 'The model was not trained with differential privacy.';
}

/** Writes the card as JSON for programs and as Markdown for people; of a table among several, under its name. */
export async function writeModelCard(folder: string, card: ModelCard, table?: string): Promise<OutputFile[]> {
  const stem = table === undefined ? 'model-card' : `${table}-model-card`;
  const files = [
    {
      fileName: `${stem}.json`,
      mediaType: 'application/json',
      content: JSON.stringify(card, undefined, 2),
    },
    { fileName: `${stem}.md`, mediaType: 'text/markdown', content: markdownOf(card) },
  ];
  return Promise.all(
    files.map(async ({ fileName, mediaType, content }) => {
      const path = join(folder, fileName);
      await writeFile(path, content);
      return {
        ...{ kind: 'MODEL_CARD' as const, path, fileName, mediaType },
        ...(table !== undefined && { table }),
      };
    }),
  );
}

export function markdownOf({
  runId,
  createdAt,
  data,
  model,
  scores,
  verdict,
  intendedUse,
  limits,
}: ModelCard): string {
  const options = Object.entries(model.options).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const number = (value: number | undefined) =>
    value === undefined ? '' : String(Number(value.toPrecision(4)));
  return [
    `# Model of ${escaped(data.label)}`,
    verdict.map(escaped).join(' '),
    '## Data',
    table(
      ['', ''],
      [
        ['Table', data.label],
        ['SHA-256', data.sha256],
        ['Rows learnt from', `${data.rows}${data.rowsLeftOut > 0 ? ` (${data.rowsLeftOut} left out)` : ''}`],
        ...(data.withheld ? [['Withheld', `${data.withheld.what} (${data.withheld.rows} rows)`]] : []),
        ['Columns', String(data.columns.length)],
      ],
    ),
    table(
      ['Column', 'Kind', 'Missing cells'],
      data.columns.map(({ name, kind, nullable }) => [name, kind, nullable ? 'yes' : 'no']),
    ),
    ...(data.preparation.length > 0 ? ['## Preparation', preparationTable(data.preparation)] : []),
    '## Model',
    table(
      ['', ''],
      [
        ['Generator', `${model.generator}: ${model.summary}`],
        ['Options', options.join(', ')],
        ['Constraints', model.constraints.map(constraintText).join('; ') || 'none'],
        ...(model.privacy
          ? [['Privacy', `ε = ${number(model.privacy.epsilon)}, δ = ${model.privacy.delta}`]]
          : []),
        ['Seed', String(model.seed)],
        ['Engine', model.engine],
        ['Training', model.trainSeconds === undefined ? 'unknown' : `${number(model.trainSeconds)} s`],
        ['Run', runId],
        ['Made', createdAt],
      ],
    ),
    ...(model.findings.length > 0
      ? [
          '## What it has learnt',
          table(
            ['Of', ''],
            model.findings.map(({ subject, text }) => [subject, text]),
          ),
        ]
      : []),
    '## Scores',
    table(
      ['Score', 'Synthetic', 'Real data', 'Better is', 'What it tells'],
      scores.map(({ name, value, reference, better, meaning }) => [
        name,
        number(value),
        number(reference),
        better,
        meaning,
      ]),
    ),
    '## Intended use',
    list(intendedUse),
    '## Limits',
    list(limits),
    '',
  ].join('\n\n');
}

function preparationTable(record: readonly StepRecord[]): string {
  return table(
    ['Step', 'Rows before', 'Rows dropped', 'Cells changed', 'Of columns'],
    record.map(({ step, rows, rowsDropped, columns }) => [
      stepText(step),
      String(rows),
      String(rowsDropped),
      String(columns.reduce((sum, { cells }) => sum + cells, 0)),
      columns
        .map(({ name, cells, note }) => `${name}: ${[String(cells), note].filter(Boolean).join(', ')}`)
        .join('; '),
    ]),
  );
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
    .join('\n');
}

const list = (sentences: readonly string[]): string => sentences.map((one) => `- ${escaped(one)}`).join('\n');

/** Names and values are the user's: no markup, no line breaks, no end of a cell. */
function escaped(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_[\]<>|#]/g, (character) => `\\${character}`);
}
