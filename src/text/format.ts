/** A number with about `digits` significant digits, short: 0.1234, 12.3, 1.2e-6; `–` where there is none. */
export function formatNumber(value: number | undefined, digits = 4): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, 'e');
  const decimals = Math.max(0, Math.min(digits + 1, digits - 1 - Math.floor(Math.log10(size))));
  return value.toFixed(decimals);
}

/** A whole number with thousands parted: 12,345. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A number of things, shortened: 950, 1.2k, 135M. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return '–';
  for (const [unit, size] of SHORT) {
    // half a unit of the last digit below the border already rounds up to it
    if (Math.abs(value) >= size * 0.9995) return `${threeDigits(value / size)}${unit}`;
  }
  return threeDigits(value);
}

const SHORT: readonly (readonly [string, number])[] = [
  ['T', 1e12],
  ['B', 1e9],
  ['M', 1e6],
  ['k', 1e3],
];

/** Floating point operations in powers of 1000: 950 FLOP, 1.2 GFLOP, 34 TFLOP. */
export function formatFlops(flops: number): string {
  if (!Number.isFinite(flops) || flops < 0) return '–';
  const units = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
  let value = flops;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${threeDigits(value)} ${units[unit]}FLOP`;
}

/** Bytes in powers of 1024: 512 B, 1.5 GiB. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes) || bytes < 0) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value.toFixed(0) : threeDigits(value)} ${units[unit]}`;
}

/** Seconds as people say them: 0.8 s, 42 s, 3 min 05 s, 2 h 10 min, 3 d 4 h. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A share as a percentage: 62.5%. */
export function formatShare(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? '–' : `${(share * 100).toFixed(1)}%`;
}

/** Text from elsewhere made safe to show, on a terminal and on a page: control characters but line ends and tabs are shown, not obeyed. */
export function printable(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(CONTROL, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

// C0 without tab and line feed, DEL, C1, and the characters that turn the direction of writing
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069](?<![\t\n])/gu;

function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 99.95) return value.toFixed(0);
  return value.toFixed(1);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
