import { plainText, type Side } from '../records.js';

/** A side without what no reader would see: white space at its ends, runs of it, different ways to write a letter. */
export function normalText(side: Side): string {
  return plainText(side).normalize('NFC').replace(/\s+/g, ' ').trim();
}
