/**
 * The template library behind our own types: its declaration files import one another without file endings, which
 * TypeScript cannot follow in ES modules. Only what this floor uses is named here; the shapes are those its parser and
 * interpreter document.
 */
import { Interpreter, Environment as LibraryEnvironment, parse, tokenize } from '@huggingface/jinja';

/** A value of the template language; `type` tells the kinds apart, as the library exports no value classes. */
export type RuntimeValue = TextValue | NumberValue | BooleanValue | ListValue | MapValue | FunctionValue | EmptyValue;
export interface TextValue {
  readonly type: 'StringValue';
  readonly value: string;
}
export interface NumberValue {
  readonly type: 'IntegerValue' | 'FloatValue';
  readonly value: number;
}
export interface BooleanValue {
  readonly type: 'BooleanValue';
  readonly value: boolean;
}
export interface ListValue {
  readonly type: 'ArrayValue' | 'TupleValue';
  readonly value: RuntimeValue[];
}
export interface MapValue {
  readonly type: 'ObjectValue' | 'NamespaceValue' | 'KeywordArgumentsValue';
  readonly value: Map<string, RuntimeValue>;
}
export interface FunctionValue {
  readonly type: 'FunctionValue';
  readonly value: unknown;
}
export interface EmptyValue {
  readonly type: 'NullValue' | 'UndefinedValue';
  readonly value: null | undefined;
}

/** A node of a parsed template. */
export interface Node {
  readonly type: string;
}

export interface Environment {
  /** Declares a name with a plain value, or a function of plain values; returns it in the template language's form. */
  set(name: string, value: unknown): RuntimeValue;
  /** What `set` does with the name and the value in the template language's form; returns the value. */
  declareVariable(name: string, value: RuntimeValue): RuntimeValue;
  /** Sets a name to a value of the template language. */
  setVariable(name: string, value: RuntimeValue): RuntimeValue;
  readonly variables: Map<string, RuntimeValue>;
}

export interface TemplateInterpreter {
  run(program: Node): RuntimeValue;
  /** `undefined` stands for a part of the syntax that was left out. */
  evaluate(node: Node | undefined, environment: Environment): RuntimeValue;
  /** The text of a sequence of statements: of the program, of branches, macros and `set`, `call` and `filter` blocks. */
  evaluateBlock(statements: readonly Node[], environment: Environment): RuntimeValue;
}

export const JinjaInterpreter: new (environment: Environment) => TemplateInterpreter = Interpreter;
export const JinjaEnvironment: new (parent?: Environment) => Environment = LibraryEnvironment;

/** Parses a template with the white-space rules that chat templates are written for. Throws `Error` on bad syntax. */
export function parseJinja(source: string): Node {
  return parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true }));
}
