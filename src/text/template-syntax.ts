import type { Node, RuntimeValue } from './jinja.js';

export interface Binary extends Node {
  readonly operator: { readonly value: string };
  readonly left: Node;
  readonly right: Node;
}
export interface Member extends Node {
  readonly object: Node;
  readonly property: Node;
  readonly computed: boolean;
}
interface Named extends Node {
  readonly value: string;
}
export interface Call extends Node {
  readonly callee: Node;
  readonly args: readonly Node[];
}
interface Filter extends Node {
  readonly operand: Node;
  readonly filter: Node;
}
interface FilterBlock extends Node {
  readonly filter: Node;
  readonly body: readonly Node[];
}
export interface Loop extends Node {
  readonly loopvar: Node;
  readonly iterable: Node;
  readonly body: readonly Node[];
  readonly defaultBlock: readonly Node[];
}
interface Tuple extends Node {
  readonly value: readonly Node[];
}
interface Selection extends Node {
  readonly lhs: Node;
  readonly test: Node;
}
interface KeywordArgument extends Node {
  readonly key: { readonly value: string };
  readonly value: Node;
}
interface SpreadArgument extends Node {
  readonly argument: Node;
}
/** A value in a node's place: its operand has been evaluated already. */
interface Held extends Node {
  readonly held: RuntimeValue;
}

export const held = (value: RuntimeValue): Held => ({ type: 'Held', held: value });

/** A copy of a node with some parts replaced. */
export function altered<N extends Node>(node: N, parts: Partial<N>): N {
  return { ...node, ...parts };
}

export const isHeld = (node: Node): node is Held => node.type === 'Held';
export const isBinary = (node: Node): node is Binary => node.type === 'BinaryExpression';
export const isMember = (node: Node): node is Member => node.type === 'MemberExpression';
export const isIdentifier = (node: Node): node is Named => node.type === 'Identifier';
export const isTextLiteral = (node: Node): node is Named => node.type === 'StringLiteral';
export const isCall = (node: Node): node is Call => node.type === 'CallExpression';
export const isFilter = (node: Node): node is Filter => node.type === 'FilterExpression';
export const isFilterBlock = (node: Node): node is FilterBlock => node.type === 'FilterStatement';
export const isLoop = (node: Node): node is Loop => node.type === 'For';
export const isTuple = (node: Node): node is Tuple => node.type === 'TupleLiteral';
export const isSelection = (node: Node): node is Selection => node.type === 'SelectExpression';
export const isKeywordArgument = (node: Node): node is KeywordArgument => node.type === 'KeywordArgumentExpression';
export const isSpreadArgument = (node: Node): node is SpreadArgument =>
  node.type === 'SpreadExpression' || node.type === 'KeywordSpreadExpression';

const BLOCKS: ReadonlySet<string> = new Set(['body', 'alternate', 'defaultBlock']);
const SILENT: ReadonlySet<string> = new Set(['If', 'For', 'Set', 'Macro', 'Comment', 'Break', 'Continue']);

/** The statements of a program whose value is written out where they stand (not what merely contains such statements). */
export function writingStatements(program: Node): ReadonlySet<Node> {
  const writing = new Set<Node>();
  const visit = (value: unknown, inBlock: boolean): void => {
    if (Array.isArray(value)) {
      for (const item of value) visit(item, inBlock);
    } else if (value instanceof Map) {
      for (const [key, item] of value) {
        visit(key, false);
        visit(item, false);
      }
    } else if (isNode(value)) {
      if (inBlock && !SILENT.has(value.type)) writing.add(value);
      for (const [key, child] of Object.entries(value)) visit(child, BLOCKS.has(key));
    }
  };
  visit(program, false);
  return writing;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
