import { open } from 'node:fs/promises';
import { createCsvScanner } from './csv-scanner.js';

/** Delimiters that are looked for; an earlier one wins a tie. */
const DELIMITERS = [',', '\t', ';', '|'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

const SAMPLE_BYTES = 1 << 20;
const SAMPLE_RECORDS = 1000;

/**
 * The delimiter that cuts the most of the first records (1 MiB or 1,000) into the same number of fields, two or more.
 * A comma when none does: the table then has one column.
 */
export async function findDelimiter(path: string): Promise<Delimiter> {
  const handle = await open(path);
  let sample: Buffer;
  try {
    const buffer = Buffer.alloc(SAMPLE_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    sample = buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) sample = sample.subarray(3);
  let best: { delimiter: Delimiter; agreement: number; fields: number } | undefined;
  for (const delimiter of DELIMITERS) {
    const { agreement, fields } = agreementOf(sample, delimiter, sample.length < SAMPLE_BYTES);
    if (fields < 2) continue;
    if (
      !best ||
      agreement > best.agreement + 0.02 ||
      (agreement > best.agreement - 0.02 && fields > best.fields)
    ) {
      best = { delimiter, agreement, fields };
    }
  }
  return best?.delimiter ?? ',';
}

/** The most frequent number of fields, and the share of records that have it. */
function agreementOf(
  sample: Buffer,
  delimiter: Delimiter,
  whole: boolean,
): { agreement: number; fields: number } {
  const counts = new Map<number, number>();
  let records = 0;
  const scanner = createCsvScanner({
    file: '',
    delimiter: delimiter.charCodeAt(0),
    maxLineBytes: SAMPLE_BYTES,
    record(fields, _line, bytes) {
      if (bytes === 0 || records >= SAMPLE_RECORDS) return;
      records += 1;
      counts.set(fields, (counts.get(fields) ?? 0) + 1);
    },
  });
  try {
    scanner.push(sample);
    if (whole) scanner.end();
  } catch {
    // Broken quoting under this delimiter: judge by the records before it; the check reports it properly.
  }
  let fields = 1;
  let most = 0;
  for (const [count, times] of counts) if (times > most) [fields, most] = [count, times];
  return { agreement: records === 0 ? 0 : most / records, fields };
}
