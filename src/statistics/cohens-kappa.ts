/**
 * (p_o - p_e) / (1 - p_e): agreement beyond that of two raters who choose as often but blindly (Cohen 1960); NaN where
 * one choice is all there is. The lists have one length.
 */
export function cohensKappa(a: readonly string[], b: readonly string[]): number {
  const rows = a.length;
  const same = a.filter((choice, at) => choice === b[at]).length / rows;
  const [ofA, ofB] = [counts(a), counts(b)];
  let blind = 0;
  for (const [choice, count] of ofA) blind += (count / rows) * ((ofB.get(choice) ?? 0) / rows);
  return (same - blind) / (1 - blind);
}

function counts(choices: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const choice of choices) found.set(choice, (found.get(choice) ?? 0) + 1);
  return found;
}
