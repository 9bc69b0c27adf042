/** What people write for a size: a number and a unit, of which KB, MB, GB and TB are powers of 1000. */
export const BYTES = /^(\d+(?:\.\d+)?) ?([KMGTkmgt])(i?)[Bb]$/;

/** Bytes of 8GB, 512 MiB and the like; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit, binary] = BYTES.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  return Math.round(Number(number) * (binary === '' ? 1000 : 1024) ** ('KMGT'.indexOf(unit.toUpperCase()) + 1));
}
