/** Seconds of a duration such as 90s, 10m or 2h. */
export function secondsOf(text) {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smh])?$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`a budget is a duration such as 90s, 10m or 2h, not ${text}`);
  return Number(amount) * { s: 1, m: 60, h: 3600 }[unit];
}
