import type { Score } from '../../../schema/messages/scores.js';

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });
const DISTANCE = new Intl.NumberFormat('en-US', {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});
const PRECISE = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 });

export const formatCount = (value: number): string => WHOLE.format(value);

/** For axes, where room is short: 12K, 0.05. */
export const formatTick = (value: number): string => COMPACT.format(value);

/** Four significant digits; `kind` DATETIME: the time in UTC. */
export function formatValue(value: number, kind: string): string {
  return kind === 'DATETIME' ? formatTime(value) : PRECISE.format(value);
}

/** `2024-11-25 08:15`, without the time of day at midnight. */
export function formatTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return String(milliseconds);
  return date.toISOString().slice(0, 16).replace('T', ' ').replace(' 00:00', '');
}

/** A share as per cent: 0.0123 as `1.23 %`. */
export function formatPercent(share: number): string {
  const percent = share * 100;
  const digits = percent === 0 || percent >= 99.995 ? 0 : percent < 10 ? 2 : 1;
  return `${percent.toFixed(digits)} %`;
}

export function formatScore(value: number, unit: Score['unit']): string {
  switch (unit) {
    case 'percent':
      return formatPercent(value);
    case 'share':
      return value.toFixed(3);
    case 'distance':
      return value === 0 ? '0' : DISTANCE.format(value);
  }
}

export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
