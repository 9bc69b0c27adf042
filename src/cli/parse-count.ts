import { InvalidArgumentError } from 'commander';

/** A whole number from 1 on, as the value of an option. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('Give a whole number of 1 or more.');
}
