import {
  SCORE_FAMILIES,
  type Evaluation,
  type Score,
  type ScoreName,
} from '../../../schema/messages/scores.js';
import { attackWarnings, familyVerdict } from './family-verdicts.js';

const evaluationOf = (...scores: [name: ScoreName, value: number, reference?: number][]): Evaluation => ({
  v: 1,
  rows: { real: 10_000, synthetic: 10_000, test: 1000, compared: { real: 10_000, synthetic: 10_000 } },
  scores: scores.map(([name, value, reference]): Score => ({
    name,
    value,
    better: 'higher',
    unit: 'share',
    meaning: '',
    ...(reference !== undefined && { reference, referenceSource: 'HOLDOUT' }),
  })),
  columns: [],
  pairs: [],
  correlations: { columns: [], real: [], synthetic: [] },
  notes: [],
});

describe('the verdict on a family of scores', () => {
  it.each([
    ['utility', 0.9, 0.91, 'close'],
    ['utility', 0.86, 0.91, 'fair'],
    ['utility', 0.7, 0.91, 'far'],
    ['betaRecall', 0.49, 0.48, 'close'],
    ['betaRecall', 0.1, 0.48, 'far'],
    ['neighbourRatio', 0.1, 0.12, 'close'],
    ['neighbourRatio', 0.01, 0.12, 'far'],
    ['membershipAttack', 0.54, 0.5, 'close'],
    ['membershipAttack', 0.8, 0.5, 'far'],
    ['attributeInference', 0.6, 0.58, 'close'],
    ['attributeInference', 0.9, 0.5, 'far'],
    ['rangeCoverage', 0.7, 0.68, 'close'],
    ['rangeCoverage', 0.4, 0.95, 'far'],
    ['duplicates', 0.01, 0.01, 'close'],
    ['duplicates', 0.4, 0.01, 'far'],
  ] as const)('of %s %d beside %d is %s', (name, value, reference, grade) => {
    const evaluation = evaluationOf([name, value, reference]);
    expect(familyVerdict(SCORE_FAMILIES[name], evaluation)?.grade).toBe(grade);
  });

  it('is that of its worst score, and names what is wrong', () => {
    const repeated = evaluationOf(['categoryCoverage', 1, 1], ['duplicates', 0.4, 0.01]);
    expect(familyVerdict('DIVERSITY', repeated)).toMatchObject({
      grade: 'far',
      sentence: 'Rows repeat far more often than in the real table.',
    });
  });

  it('holds too high a β-recall against privacy, not against fidelity', () => {
    const copied = evaluationOf(['alphaPrecision', 0.99, 0.99], ['betaRecall', 0.85, 0.49]);
    expect(familyVerdict('FIDELITY', copied)?.grade).toBe('close');
    expect(familyVerdict('PRIVACY', copied)?.grade).toBe('far');
  });

  it('says that attacks were not tried without a holdout, and that nothing is known without scores', () => {
    const untried = evaluationOf(['exactCopies', 0, 0.01]);
    expect(familyVerdict('PRIVACY', untried)?.sentence).toContain('Attacks were not tried');
    expect(familyVerdict('UTILITY', untried)).toBeUndefined();
  });

  it('warns of attacks that succeeded, and only of those', () => {
    const leaking = evaluationOf(['membershipAttack', 0.81, 0.5], ['attributeInference', 0.73, 0.3]);
    expect(attackWarnings(leaking)).toEqual([
      expect.stringContaining('AUC 0.81'),
      expect.stringContaining('73.0 % of the records learnt from, but in 30.0 % of unseen ones'),
    ]);
    const tight = evaluationOf(['membershipAttack', 0.51, 0.5], ['attributeInference', 0.31, 0.3]);
    expect(attackWarnings(tight)).toEqual([]);
  });
});
