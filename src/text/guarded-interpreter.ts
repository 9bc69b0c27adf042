import { type Environment, JinjaInterpreter, type Node, type RuntimeValue } from './jinja.js';
import {
  type ArgumentValues,
  allArguments,
  checkFilter,
  checkMembership,
  checkSum,
  filterOperand,
  refuseUndefined,
  sortCost,
} from './template-costs.js';
import { type TemplateBudget, templateError } from './template-limits.js';
import { type LoopContext, LoopSignal, runLoop } from './template-loops.js';
import {
  altered,
  type Binary,
  type Call,
  held,
  isBinary,
  isCall,
  isFilter,
  isFilterBlock,
  isHeld,
  isIdentifier,
  isKeywordArgument,
  isLoop,
  isMember,
  isSpreadArgument,
  isTextLiteral,
  type Member,
} from './template-syntax.js';
import { guardTextMethod, strip } from './template-text.js';
import { equalValues, extent, isFunction, isList, isMapping, isText, toRuntime } from './template-values.js';

const TRUE = toRuntime(true);
const FALSE = toRuntime(false);

/** The values of text literals, which never change, by where they stand. */
const literals = new WeakMap<Node, RuntimeValue>();

interface Arguments extends ArgumentValues {
  readonly nodes: readonly Node[];
}

/**
 * The library's interpreter with a budget: every operation's operands are evaluated first and its cost is checked
 * before the library performs it, so that no single step can hang or fill memory. The library looks values up in Maps
 * only, so a template reaches no JavaScript object; bound methods are refused outside calls because a call through a
 * variable would escape these checks.
 */
export class GuardedInterpreter extends JinjaInterpreter {
  readonly #budget: TemplateBudget;
  readonly #loops: LoopContext;
  readonly #writing: ReadonlySet<Node>;

  constructor(environment: Environment, writing: ReadonlySet<Node>, budget: TemplateBudget) {
    super(environment);
    this.#writing = writing;
    this.#budget = budget;
    this.#loops = {
      budget,
      evaluate: (node, scope) => this.evaluate(node, scope),
      block: (statements, scope) => this.#printed(this.evaluateBlock(statements, scope)),
    };
  }

  override evaluate(statement: Node | undefined, environment: Environment): RuntimeValue {
    if (statement === undefined) return super.evaluate(statement, environment);
    if (isHeld(statement)) return statement.held;
    this.#budget.enter();
    try {
      const value = this.#guarded(statement, environment);
      if (isText(value)) this.#budget.text(value.value.length);
      return value;
    } finally {
      this.#budget.leave();
    }
  }

  /** Writes what each statement comes to; a loop that is left keeps what was written before. */
  override evaluateBlock(statements: readonly Node[], environment: Environment): RuntimeValue {
    let text = '';
    for (const statement of statements) {
      try {
        const value = this.evaluate(statement, environment);
        if (this.#writing.has(statement)) {
          const written = this.#printed(value);
          this.#budget.write(written.length);
          text += written;
        } else if (isText(value)) text += value.value;
      } catch (error) {
        if (error instanceof LoopSignal) error.text = text + error.text;
        throw error;
      }
      this.#budget.text(text.length);
    }
    return toRuntime(text);
  }

  #guarded(node: Node, environment: Environment): RuntimeValue {
    if (isTextLiteral(node)) return this.#literal(node, environment);
    if (isBinary(node)) return this.#binary(node, environment);
    if (isMember(node)) return this.#member(node, environment);
    if (isCall(node)) return this.#calling(() => this.#call(node, environment));
    if (node.type === 'CallStatement') return this.#calling(() => super.evaluate(node, environment));
    if (isFilter(node)) return this.#filter(this.evaluate(node.operand, environment), node.filter, environment);
    if (isFilterBlock(node)) {
      return this.#filter(this.evaluateBlock(node.body, environment), node.filter, environment);
    }
    if (isLoop(node)) return toRuntime(runLoop(node, environment, this.#loops));
    if (node.type === 'Break' || node.type === 'Continue') throw new LoopSignal(node.type);
    return super.evaluate(node, environment);
  }

  #literal(node: Node, environment: Environment): RuntimeValue {
    const known = literals.get(node);
    if (known !== undefined) return known;
    const value = super.evaluate(node, environment);
    literals.set(node, value);
    return value;
  }

  #binary(node: Binary, environment: Environment): RuntimeValue {
    const operator = node.operator.value;
    if (operator === '+') return this.#sum(node, environment);
    const left = this.evaluate(node.left, environment);
    if (operator === 'and' || operator === 'or') {
      return super.evaluate(altered(node, { left: held(left) }), environment);
    }
    const right = this.evaluate(node.right, environment);
    if (operator === '==' || operator === '!=') {
      return this.#equal(left, right) === (operator === '==') ? TRUE : FALSE;
    }
    if (operator === '~') return toRuntime(this.#printed(left) + this.#printed(right));
    if (operator === 'in' || operator === 'not in') {
      checkMembership(left, right, this.#budget);
      if (left.type === 'UndefinedValue' && isList(right)) return operator === 'in' ? FALSE : TRUE;
    }
    return super.evaluate(altered(node, { left: held(left), right: held(right) }), environment);
  }

  /** A sum, which templates write messages with: texts are joined from left to right without a value for each `+`. */
  #sum(node: Binary, environment: Environment): RuntimeValue {
    const sums = [node];
    for (let { left } = node; isBinary(left) && left.operator.value === '+'; left = left.left) sums.push(left);
    this.#budget.nested(sums.length);
    let sum = this.evaluate(sums.at(-1)?.left, environment);
    let text = isText(sum) ? sum.value : undefined;
    for (const one of sums.reverse()) {
      const right = this.evaluate(one.right, environment);
      if (text !== undefined && isText(right)) {
        text += right.value;
        this.#budget.text(text.length);
        continue;
      }
      if (text !== undefined) sum = toRuntime(text);
      checkSum(sum, right, this.#budget);
      sum = super.evaluate(altered(one, { left: held(sum), right: held(right) }), environment);
      text = isText(sum) ? sum.value : undefined;
    }
    return text === undefined ? sum : toRuntime(text);
  }

  #equal(left: RuntimeValue, right: RuntimeValue): boolean {
    if (isList(left) || isMapping(left)) this.#budget.copy(extent(left, this.#budget).length);
    return equalValues(left, right);
  }

  #printed(value: RuntimeValue): string {
    if (value.type === 'UndefinedValue') return '';
    if (value.type === 'NullValue') return 'None';
    if (value.type === 'BooleanValue') return value.value ? 'True' : 'False';
    if (!isText(value)) this.#budget.copy(extent(value, this.#budget).length);
    return value.toString();
  }

  #member(node: Member, environment: Environment): RuntimeValue {
    const object = this.evaluate(node.object, environment);
    refuseUndefined(object);
    if (node.computed && node.property.type === 'SliceExpression') {
      if (isText(object) || isList(object)) this.#budget.copy(object.value.length);
    }
    const known = this.#entry(object, node, environment);
    if (known !== undefined) return known;
    const value = super.evaluate(altered(node, { object: held(object) }), environment);
    if (isFunction(value) && !(isMapping(object) && [...object.value.values()].includes(value))) {
      throw templateError('The chat template names a method without calling it.');
    }
    return value;
  }

  /** An entry of a mapping that holds a value by the name given in the template, the commonest member there is. */
  #entry(object: RuntimeValue, node: Member, environment: Environment): RuntimeValue | undefined {
    if (!isMapping(object)) return undefined;
    if (node.computed) {
      if (!isTextLiteral(node.property)) return undefined;
      const name = this.evaluate(node.property, environment);
      return isText(name) ? object.value.get(name.value) : undefined;
    }
    return isIdentifier(node.property) ? object.value.get(node.property.value) : undefined;
  }

  #calling(call: () => RuntimeValue): RuntimeValue {
    this.#budget.enterCall();
    try {
      const value = call();
      if (isList(value)) this.#budget.copyItems(value.value.length);
      return value;
    } finally {
      this.#budget.leaveCall();
    }
  }

  #call(node: Call, environment: Environment): RuntimeValue {
    const args = this.#arguments(node.args, environment);
    const { callee } = node;
    if (!isMember(callee)) return super.evaluate(altered(node, { args: args.nodes }), environment);

    const object = this.evaluate(callee.object, environment);
    refuseUndefined(object);
    const property = callee.computed ? held(this.evaluate(callee.property, environment)) : callee.property;
    const name = isIdentifier(property)
      ? property.value
      : isHeld(property) && isText(property.held) && property.held.value;
    if (isText(object) && typeof name === 'string') {
      const result = guardTextMethod(name, object.value, allArguments(args), this.#budget);
      if (result !== undefined) return result;
    }
    if (isMapping(object)) this.#budget.copy(name === 'dictsort' ? sortCost(object, this.#budget) : object.value.size);
    // `super` fetches the method itself: going through `#member` would refuse it as a bound method
    const method = super.evaluate(altered(callee, { object: held(object), property }), environment);
    return super.evaluate(altered(node, { callee: held(method), args: args.nodes }), environment);
  }

  #filter(input: RuntimeValue, filter: Node, environment: Environment): RuntimeValue {
    const call = isCall(filter) ? filter : undefined;
    const named = call === undefined ? filter : call.callee;
    const name = isIdentifier(named) ? named.value : '';
    const args = this.#arguments(call?.args ?? [], environment);
    const operand = filterOperand(name, input);
    if (name === 'trim' && isText(operand)) {
      this.#budget.copy(operand.value.length);
      const [characters] = args.positional;
      return toRuntime(
        strip(operand.value, 'both', characters !== undefined && isText(characters) ? characters.value : undefined),
      );
    }
    checkFilter(name, operand, args, this.#budget);
    const guardedFilter = call === undefined ? filter : altered(call, { args: args.nodes });
    const node: Node & { operand: Node; filter: Node } = {
      type: 'FilterExpression',
      operand: held(operand),
      filter: guardedFilter,
    };
    // `first` and `last` of an empty list come back as nothing at all
    const result: RuntimeValue | undefined = super.evaluate(node, environment);
    return result ?? super.evaluate(undefined, environment);
  }

  /** Evaluates arguments once, for the checks and for the library, which takes literals of some filters as they stand. */
  #arguments(nodes: readonly Node[], environment: Environment): Arguments {
    const positional: RuntimeValue[] = [];
    const keyword = new Map<string, RuntimeValue>();
    const evaluated = nodes.map((node): Node => {
      if (isTextLiteral(node)) {
        positional.push(this.evaluate(node, environment));
        return node;
      }
      if (isKeywordArgument(node)) {
        const value = this.evaluate(node.value, environment);
        keyword.set(node.key.value, value);
        return altered(node, { value: held(value) });
      }
      if (isSpreadArgument(node)) {
        const value = this.evaluate(node.argument, environment);
        if (isList(value)) for (const item of value.value) positional.push(item);
        if (isMapping(value)) for (const [key, item] of value.value) keyword.set(key, item);
        return altered(node, { argument: held(value) });
      }
      const value = this.evaluate(node, environment);
      positional.push(value);
      return held(value);
    });
    return { nodes: evaluated, positional, keyword };
  }
}
