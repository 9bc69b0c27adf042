import { type Environment, JinjaEnvironment, type Node, type RuntimeValue } from './jinja.js';
import { type TemplateBudget, templateError } from './template-limits.js';
import { isIdentifier, isSelection, isTuple, type Loop } from './template-syntax.js';
import { isList, isMapping, isText, toRuntime } from './template-values.js';

/** A `break` or `continue` on its way to its loop, with the text written before it. */
export class LoopSignal extends Error {
  readonly kind: 'Break' | 'Continue';
  text = '';

  constructor(kind: 'Break' | 'Continue') {
    super('a loop is left where there is none');
    this.kind = kind;
  }
}

/** What loops need of the interpreter. */
export interface LoopContext {
  readonly budget: TemplateBudget;
  evaluate(node: Node, environment: Environment): RuntimeValue;
  /** The text that a block of statements writes. */
  block(statements: readonly Node[], environment: Environment): string;
}

/**
 * A `for` loop as Jinja has it: every round has a scope of its own, what was written before a `continue` or `break`
 * stays (the library's own loop differs in both), and `else` follows when no round came to its end.
 */
export function runLoop(node: Loop, environment: Environment, context: LoopContext): string {
  const selection = isSelection(node.iterable) ? node.iterable : undefined;
  const source = itemsOf(context.evaluate(selection?.lhs ?? node.iterable, environment), context.budget);
  context.budget.iterate(source.length);

  const scope = new JinjaEnvironment(environment);
  /** The scope of a round, emptied of what the round before has set. */
  const scopeOf = (item: RuntimeValue): Environment => {
    scope.variables.clear();
    bind(node.loopvar, item, scope);
    return scope;
  };
  const items =
    selection === undefined ? source : source.filter((item) => isTrue(context.evaluate(selection.test, scopeOf(item))));

  let text = '';
  let completed = false;
  for (const [i, item] of items.entries()) {
    scopeOf(item).setVariable('loop', loopVariable(i, items));
    try {
      text += context.block(node.body, scope);
      completed = true;
    } catch (error) {
      if (!(error instanceof LoopSignal)) throw error;
      text += error.text;
      if (error.kind === 'Break') break;
    }
    context.budget.text(text.length);
  }
  return completed ? text : text + context.block(node.defaultBlock, environment);
}

function itemsOf(value: RuntimeValue, budget: TemplateBudget): readonly RuntimeValue[] {
  if (isList(value)) return value.value;
  if (value.type === 'UndefinedValue') return [];
  const keys = isText(value) ? Array.from(value.value) : isMapping(value) ? [...value.value.keys()] : undefined;
  if (keys === undefined) throw templateError('The chat template loops over something that has no items.');
  budget.copyItems(keys.length);
  return keys.map(toRuntime);
}

function bind(target: Node, item: RuntimeValue, scope: Environment): void {
  if (isIdentifier(target)) {
    scope.setVariable(target.value, item);
    return;
  }
  const targets = isTuple(target) ? target.value : [];
  if (!isList(item) || item.value.length !== targets.length) {
    throw templateError('The chat template unpacks something into more or fewer names than it has items.');
  }
  item.value.forEach((part, i) => {
    const name = targets[i];
    if (name !== undefined) bind(name, part, scope);
  });
}

const NOTHING = toRuntime(undefined);
const TRUE = toRuntime(true);
const FALSE = toRuntime(false);
/** Whole numbers from 0 on: making a value is the dearest part of a round. */
const COUNTS = Array.from({ length: 64 }, (_, count) => toRuntime(count));

const counted = (count: number): RuntimeValue => COUNTS[count] ?? toRuntime(count);

/** The `loop` variable of one round. */
function loopVariable(at: number, items: readonly RuntimeValue[]): RuntimeValue {
  const { length } = items;
  const loop = toRuntime({});
  if (isMapping(loop)) {
    loop.value
      .set('index', counted(at + 1))
      .set('index0', counted(at))
      .set('revindex', counted(length - at))
      .set('revindex0', counted(length - at - 1))
      .set('first', at === 0 ? TRUE : FALSE)
      .set('last', at === length - 1 ? TRUE : FALSE)
      .set('length', counted(length))
      .set('previtem', items[at - 1] ?? NOTHING)
      .set('nextitem', items[at + 1] ?? NOTHING);
  }
  return loop;
}

/** Truth as Python has it: nothing, zero and whatever is empty are false. */
export function isTrue(value: RuntimeValue): boolean {
  if (isList(value)) return value.value.length > 0;
  if (isMapping(value)) return value.type === 'NamespaceValue' || value.value.size > 0;
  return Boolean(value.value);
}
