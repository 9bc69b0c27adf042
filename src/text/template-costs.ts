import type { RuntimeValue } from './jinja.js';
import { type TemplateBudget, templateError } from './template-limits.js';
import { checkSearch, guardTextMethod } from './template-text.js';
import { extent, isList, isMapping, isNumber, isText, toRuntime } from './template-values.js';

/** The evaluated arguments of a filter or call. */
export interface ArgumentValues {
  readonly positional: readonly RuntimeValue[];
  readonly keyword: ReadonlyMap<string, RuntimeValue>;
}

/** Filters that look at every character below their operand. */
const DEEP_FILTERS: ReadonlySet<string> = new Set([
  'dictsort',
  'join',
  'map',
  'rejectattr',
  'selectattr',
  'sort',
  'string',
  'tojson',
  'unique',
]);
const WIDEST_INDENT = 100;

export const allArguments = (args: ArgumentValues): RuntimeValue[] => [...args.positional, ...args.keyword.values()];

/** Filters of texts and of lists that take an undefined operand for an empty one, as Python's do. */
const TEXT_FILTERS: ReadonlySet<string> = new Set('capitalize indent lower replace string title trim upper'.split(' '));
const LIST_FILTERS: ReadonlySet<string> = new Set(
  'first join last length list map rejectattr reverse selectattr sort unique'.split(' '),
);

export function filterOperand(name: string, operand: RuntimeValue): RuntimeValue {
  if (operand.type !== 'UndefinedValue') return operand;
  if (TEXT_FILTERS.has(name)) return toRuntime('');
  return LIST_FILTERS.has(name) ? toRuntime([]) : operand;
}

/** Checks what a filter is about to cost. Errors: `OrpoError('template')`. */
export function checkFilter(name: string, operand: RuntimeValue, args: ArgumentValues, budget: TemplateBudget): void {
  if (isText(operand)) checkTextFilter(name, operand.value, args, budget);
  if (isList(operand)) budget.copyItems(operand.value.length);
  if (isMapping(operand)) budget.copyItems(operand.value.size);
  if (!DEEP_FILTERS.has(name)) return;

  if (name === 'sort' || name === 'dictsort') budget.copy(sortCost(operand, budget));
  const { length, nodes, depth } = extent(operand, budget);
  if (name !== 'join' && name !== 'tojson') {
    budget.copy(length);
    return;
  }
  const indent = args.keyword.get('indent');
  const width = indent !== undefined && isNumber(indent) ? indent.value : 0;
  if (width > WIDEST_INDENT) {
    throw templateError(`The chat template indents JSON by more than ${WIDEST_INDENT} spaces.`);
  }
  const separators = allArguments(args).reduce((sum, argument) => sum + extent(argument, budget).length, 0);
  const printed = length + nodes * (separators + width * depth);
  budget.text(printed);
  budget.copy(printed);
}

function checkTextFilter(name: string, text: string, args: ArgumentValues, budget: TemplateBudget): void {
  budget.copy(text.length);
  if (name === 'replace') guardTextMethod(name, text, allArguments(args), budget);
  if (name === 'indent') {
    const width = args.positional[0] ?? args.keyword.get('width');
    const lines = text.split('\n').length;
    budget.text(text.length + lines * (width !== undefined && isNumber(width) ? width.value : 4));
  }
}

/** Characters that sorting a value's items may compare. */
export function sortCost(value: RuntimeValue, budget: TemplateBudget): number {
  const { length, nodes } = extent(value, budget);
  return length * Math.ceil(Math.log2(nodes + 1));
}

/** Checks a `+`: lists make a longer list, and only texts are added to texts. */
export function checkSum(left: RuntimeValue, right: RuntimeValue, budget: TemplateBudget): void {
  if (isList(left) && isList(right)) {
    budget.copyItems(left.value.length + right.value.length);
  } else if (isText(left) !== isText(right)) {
    throw templateError('The chat template adds a text to something that is not a text.');
  }
}

/** Checks an `in`: a list is compared item by item, a text is searched. */
export function checkMembership(left: RuntimeValue, right: RuntimeValue, budget: TemplateBudget): void {
  if (isList(right)) budget.copy(extent(right, budget).nodes);
  else if (isText(left) && isText(right)) checkSearch(right.value, left.value);
}

/** Python's templates fail on a member of what is not there; the library's own answer would be silence. */
export function refuseUndefined(object: RuntimeValue): void {
  if (object.type === 'UndefinedValue') {
    throw templateError(
      'The chat template asks for a part of something that is not there.',
      'Check that the conversation has the messages, roles and contents that the template expects.',
    );
  }
}
