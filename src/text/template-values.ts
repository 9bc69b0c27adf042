import {
  type FunctionValue,
  JinjaEnvironment,
  type ListValue,
  type MapValue,
  type NumberValue,
  type RuntimeValue,
  type TextValue,
} from './jinja.js';
import { type TemplateBudget, templateError } from './template-limits.js';

export const isText = (value: RuntimeValue): value is TextValue => value.type === 'StringValue';
export const isNumber = (value: RuntimeValue): value is NumberValue =>
  value.type === 'IntegerValue' || value.type === 'FloatValue';
export const isList = (value: RuntimeValue): value is ListValue =>
  value.type === 'ArrayValue' || value.type === 'TupleValue';
export const isMapping = (value: RuntimeValue): value is MapValue =>
  value.type === 'ObjectValue' || value.type === 'NamespaceValue' || value.type === 'KeywordArgumentsValue';
export const isFunction = (value: RuntimeValue): value is FunctionValue => value.type === 'FunctionValue';

const NUMBER_LENGTH = 24;
const SEPARATOR_LENGTH = 4;

/** The library changes plain values only where it gives them a name; this one forgets it at once. */
class Naming extends JinjaEnvironment {
  override declareVariable(_name: string, value: RuntimeValue): RuntimeValue {
    return value;
  }
}
const naming = new Naming();

/** A plain value (text, number, boolean, null, list, record) in the template language's own form. */
export function toRuntime(value: unknown): RuntimeValue {
  return naming.set('value', value);
}

/** A list of values that are in the template language's form already. */
export function toList(values: readonly RuntimeValue[]): RuntimeValue {
  const list = toRuntime([]);
  if (isList(list)) for (const value of values) list.value.push(value);
  return list;
}

/** What a value comes to when it is written out: an upper estimate of characters, and how deep it nests. */
export interface Extent {
  readonly length: number;
  readonly nodes: number;
  readonly depth: number;
}

/**
 * The extent of a value, every reference counted (a list that holds one long text many times is as long as it prints).
 * Stops with `OrpoError('template')` at functions, at data nested too deeply (so at cycles) and at texts too long.
 */
export function extent(value: RuntimeValue, budget: TemplateBudget): Extent {
  let length = 0;
  let nodes = 0;
  let deepest = 0;
  const visit = (node: RuntimeValue, depth: number): void => {
    nodes++;
    deepest = Math.max(deepest, depth);
    if (depth > budget.limits.dataDepth) {
      throw templateError(`The chat template nests data more than ${budget.limits.dataDepth} levels deep.`);
    }
    if (isFunction(node)) throw templateError('The chat template uses a function or macro where it needs a value.');
    if (isText(node)) length += node.value.length;
    else if (isList(node)) {
      for (const item of node.value) visit(item, depth + 1);
    } else if (isMapping(node)) {
      for (const [key, item] of node.value) {
        length += key.length;
        visit(item, depth + 1);
      }
    } else length += NUMBER_LENGTH;
    length += SEPARATOR_LENGTH;
    budget.text(length);
  };
  visit(value, 0);
  return { length, nodes, depth: deepest };
}

/** Equality as Python has it: by value, numbers and booleans alike, nothing else across types. */
export function equalValues(a: RuntimeValue, b: RuntimeValue, depth = 0): boolean {
  if (a === b) return true;
  if (depth > 100) throw templateError('The chat template compares data nested more than 100 levels deep.');
  const left = numberOf(a);
  const right = numberOf(b);
  if (left !== undefined || right !== undefined) return left === right;
  if (isList(a)) {
    return (
      isList(b) &&
      a.type === b.type &&
      a.value.length === b.value.length &&
      a.value.every((item, i) => {
        const other = b.value[i];
        return other !== undefined && equalValues(item, other, depth + 1);
      })
    );
  }
  if (isMapping(a)) {
    if (!isMapping(b) || a.type !== b.type || a.value.size !== b.value.size) return false;
    for (const [key, item] of a.value) {
      const other = b.value.get(key);
      if (other === undefined || !equalValues(item, other, depth + 1)) return false;
    }
    return true;
  }
  return a.type === b.type && a.value === b.value;
}

function numberOf(value: RuntimeValue): number | undefined {
  if (isNumber(value)) return value.value;
  return typeof value.value === 'boolean' ? Number(value.value) : undefined;
}
