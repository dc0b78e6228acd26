/** Exact, substitute, complement, irrelevant: the gains of ESCI's own evaluation (Reddy et al., 2022, section 5). */
export const ESCI_GAINS: Readonly<Record<string, number>> = { E: 1, S: 0.1, C: 0.01, I: 0 };

/** WANDS' authors give labels, no gains; half for partial is the usual reading. */
export const WANDS_GAINS: Readonly<Record<string, number>> = { Exact: 1, Partial: 0.5, Irrelevant: 0 };

/** What labels of published judgements are worth, in lower case; ESCI's are also written out. */
export const LABEL_GAINS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    ...ESCI_GAINS,
    ...WANDS_GAINS,
    substitute: ESCI_GAINS['S']!,
    complement: ESCI_GAINS['C']!,
  }).map(([label, gain]) => [label.toLowerCase(), gain]),
);
