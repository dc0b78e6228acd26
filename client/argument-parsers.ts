import { InvalidArgumentError } from 'commander';

/** From 1. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1.');
  return value;
}

/** Above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}

/** From 0. */
export function naturalNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('Give a whole number from 0.');
  return value;
}

/** From 0 to below 1. */
export function probability(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value < 1))
    throw new InvalidArgumentError('Give a number from 0 to below 1, such as 0.02.');
  return value;
}

/** `0.5,1,2` as numbers. */
export function numbers(text: string): number[] {
  return text.split(',').map((part) => {
    if (part.trim() === '' || !Number.isFinite(Number(part)))
      throw new InvalidArgumentError(`"${part}" isn't a number; write them with commas, such as 0.5,1.`);
    return Number(part);
  });
}

/** From 0 to 1. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Give a number from 0 to 1, such as 0.9.');
  return value;
}

/** For an option that may be given several times. */
export function collectText(text: string, collected: string[] = []): string[] {
  return [...collected, text];
}

/** `key=value`, several times, as an object; numbers and true or false as such. */
export function collectOption(
  text: string,
  collected: Record<string, number | string | boolean>,
): Record<string, number | string | boolean> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write key=value, such as epochs=30.');
  const value = text.slice(at + 1);
  const typed =
    value === 'true' || value === 'false'
      ? value === 'true'
      : value !== '' && Number.isFinite(Number(value))
        ? Number(value)
        : value;
  return { ...collected, [text.slice(0, at)]: typed };
}

/** `user=CustomerID,item=StockCode` as columns by role. */
export function eventColumns(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const at = part.indexOf('=');
      if (at < 1)
        throw new InvalidArgumentError(`"${part}" isn't a role and a column, such as user=customer_id.`);
      return [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}
