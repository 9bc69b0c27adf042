import { OrpoError } from '../../errors.js';
import type { CompareConfig, ComparedMethod } from './config.js';
import { type Axis, around, between, strengthOf } from './grid.js';

/** @throws OrpoError `config` for a seed given twice */
export function seedsOf({ seeds, training }: CompareConfig, origin: string): readonly number[] {
  const list = typeof seeds === 'number' ? Array.from({ length: seeds }, (_, at) => training.seed + at) : seeds;
  requireDistinct(list, 'seeds', origin);
  return list;
}

/**
 * What is searched for one method; without a strength there are as many more learning rates, so that trials are equal.
 *
 * @throws OrpoError `config` for a value given twice
 */
export function axesOf(
  entry: string,
  method: string,
  section: ComparedMethod,
  { learningRates, strengths, training }: CompareConfig,
  origin: string,
): Axis[] {
  const shared = learningRates ?? around(section.training?.learningRate ?? training.learningRate, 3);
  const usual = strengthOf(method);
  const { strength } = section;
  const searched = strength !== undefined && strength !== false ? Object.entries(strength) : undefined;
  const settings = searched?.map(([key, values]) => ({ key, values }));
  const own = settings ?? (usual === undefined || strength === false ? [] : [byDefault(usual, strengths, section)]);
  const rates = section.learningRates ?? (own.length === 0 ? denser(shared, strengths) : shared);
  const axes = [{ key: 'learningRate', values: rates }, ...own];
  for (const { key, values } of axes)
    requireDistinct(values, `methods.${entry}.${key === 'learningRate' ? 'learningRates' : `strength.${key}`}`, origin);
  return axes;
}

/** About the value that the method has, its own of the entry before that of the registry. */
function byDefault(usual: { readonly key: string; readonly value: number }, count: number, section: ComparedMethod) {
  const said = section.objective?.[usual.key];
  return { key: usual.key, values: around(typeof said === 'number' ? said : usual.value, count) };
}

/** As many times `times` learning rates over the same range. */
function denser(rates: readonly number[], times: number): readonly number[] {
  if (times === 1) return rates;
  const [low, high] = [Math.min(...rates), Math.max(...rates)];
  return low === high ? around(low, times) : between(low, high, rates.length * times);
}

function requireDistinct(values: readonly number[], key: string, origin: string): void {
  const twice = values.find((value, at) => values.indexOf(value) !== at);
  if (twice === undefined) return;
  throw new OrpoError('config', `${origin}: "${key}" has ${twice} twice.`, 'Give each value once.');
}
