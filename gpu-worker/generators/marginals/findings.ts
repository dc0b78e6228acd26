import type { ColumnSchema } from '../../../schema/messages/column.js';
import type { Finding } from '../generator.js';
import type { Distribution } from './distributions.js';
import type { Marginal } from './marginal.js';

/** A sentence on each numeric column that follows a distribution: which one, and by how much the next one is worse. */
export function findingsOf(columns: readonly ColumnSchema[], marginals: readonly Marginal[]): Finding[] {
  return marginals.flatMap((marginal, index) => {
    if (marginal.type !== 'parametric') return [];
    const [best, next] = marginal.criteria;
    const beside = next ? `; ${next.name} is worse by ${(next.aic - best!.aic).toPrecision(3)} in AIC` : '';
    return [{ subject: columns[index]!.name, text: `${told(marginal.distribution)}${beside}.` }];
  });
}

function told(distribution: Distribution): string {
  const number = (value: number): string => Number(value.toPrecision(4)).toString();
  switch (distribution.name) {
    case 'normal':
      return `Normal with μ = ${number(distribution.mean)} and σ² = ${number(distribution.deviation ** 2)}`;
    case 'log-normal':
      return `Log-normal: its logarithm has μ = ${number(distribution.mean)} and σ² = ${number(distribution.deviation ** 2)}`;
    case 'gamma':
      return `Gamma with shape ${number(distribution.shape)} and scale ${number(distribution.scale)}`;
    case 'poisson':
      return `Poisson with mean ${number(distribution.mean)}`;
    case 'uniform':
      return `Uniform between ${number(distribution.low)} and ${number(distribution.high)}`;
    case 'exponential':
      return `Exponential with mean ${number(distribution.mean)}`;
  }
}
