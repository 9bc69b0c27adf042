import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import { compileChatTemplate, type Message } from './chat-template.js';

const CONVERSATION: readonly Message[] = [
  { role: 'user', content: 'hello' },
  { role: 'assistant', content: 'good day' },
];

/** Doubles a text `times` times in a namespace, starting from ten characters. */
const doubled = (times: number) =>
  `{% set ns = namespace(s='xxxxxxxxxx') %}{% for i in range(${times}) %}{% set ns.s = ns.s + ns.s %}{% endfor %}`;
/** A list that holds itself twice at each of `levels` levels: short in memory, endless in print. */
const nested = (levels: number) =>
  `{% set ns = namespace(a=['x']) %}{% for i in range(${levels}) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}`;
/** About two million characters, reached in seven doublings. */
const LONG = `{% set ns = namespace(s='${'ab '.repeat(5000)}') %}{% for i in range(7) %}{% set ns.s = ns.s + ns.s %}{% endfor %}`;

/** Templates that must be stopped. */
const STOPPED: readonly (readonly [what: string, source: string])[] = [
  ['the function constructor', "{{ ''.constructor.constructor('return process')() }}"],
  ['the constructor of a list', "{{ [].constructor.constructor('return 1')() }}"],
  ['the constructor of a mapping', "{{ {}['constructor']['constructor']('return 1')() }}"],
  ['the constructor of a function', "{{ range.constructor('return process.env')() }}"],
  ['the constructor of a macro', "{% macro m() %}{% endmacro %}{{ m.constructor('return 1')() }}"],
  ['Python class walking', "{{ ''.__class__.__mro__[1].__subclasses__() }}"],
  ['a getter by name', "{{ messages.__lookupGetter__('length')() }}"],
  ['a getter definition', "{{ messages.__defineGetter__('x', range)() }}"],
  ['calling by apply', '{{ range.apply(none, [1]) }}'],
  ['calling by call', '{{ range.call(none, 1) }}'],
  ['a prototype for an item', '{{ messages[0].__proto__.polluted() }}'],
  ['a global object', '{{ globalThis.process.exit(1) }}'],
  ['require', "{{ require('child_process').execSync('id') }}"],
  ['assignment to data', "{% set messages[0].role = 'system' %}{{ messages[0].role }}"],
  ['assignment to a prototype', "{% set messages.__proto__ = 'x' %}"],
  ['a bound method in a variable', "{% set f = 'a'.replace %}{{ f('a', 'b') }}"],
  ['a bound method through a namespace', "{% set ns = namespace(f='aa'.split) %}{{ ns.f('a') }}"],
  ['a bound method of a mapping', '{% set f = messages[0].dictsort %}{{ f() }}'],
  ['printing a function', '{{ range }}'],
  ['printing a macro', '{% macro m() %}{% endmacro %}{{ m }}'],
  ['joining functions', "{{ [range, range] | join(',') }}"],
  ['a function appended to a text', "{{ 'x' ~ range }}"],
  ['a function added to a text', "{{ 'x' + range }}"],
  ['range of a billion', '{% for i in range(1000000000) %}x{% endfor %}'],
  ['range to the largest number', '{{ range(9007199254740991) | length }}'],
  ['range without end', '{{ range(10 ** 300) }}'],
  ['range of fractions', '{{ range(0.5) }}'],
  ['range with step zero', '{{ range(0, 10, 0) }}'],
  ['range with many arguments', '{{ range(*range(90000)) }}'],
  ['two loops inside one another', '{% for i in range(1000) %}{% for j in range(1000) %}{% endfor %}{% endfor %}'],
  [
    'three loops inside one another',
    '{% for i in range(99999) %}{% for j in range(99999) %}{% for k in range(99999) %}x{% endfor %}{% endfor %}{% endfor %}',
  ],
  ['loops one after another', '{% for i in range(60000) %}{% endfor %}{% for i in range(60000) %}{% endfor %}'],
  ['loops that break', '{% for i in range(9) %}{% for j in range(90000) %}{% break %}{% endfor %}{% endfor %}'],
  ['loops with a condition', '{% for i in range(9) %}{% for j in range(90000) if false %}{% endfor %}{% endfor %}'],
  ['a text doubled sixty times', `${doubled(60)}{{ ns.s }}`],
  [
    'a text doubled by ~',
    "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
  ],
  [
    'a text doubled by join',
    "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] | join %}{% endfor %}",
  ],
  ['a text multiplied', "{{ 'a' * 1000000000 }}"],
  [
    'a text grown by replace',
    "{% set ns = namespace(s='xx') %}{% for i in range(60) %}{% set ns.s = ns.s.replace('x', 'xxxx') %}{% endfor %}",
  ],
  ['replace of nothing', `${LONG}{{ ns.s.replace('', ns.s) }}`],
  ['replace as a filter', `${LONG}{{ ns.s | replace('a', ns.s) }}`],
  ['join by a long separator', `${LONG}{{ range(1000) | join(ns.s) }}`],
  ['indent without end', "{{ 'a\\nb\\nc' | indent(100000000) }}"],
  ['indent of many lines', `${LONG}{{ ns.s.replace('b', '\\n') | indent(1000) }}`],
  ['JSON indented without end', '{{ messages | tojson(indent=400000000) }}'],
  ['JSON with long separators', `${LONG}{{ range(1000) | tojson(separators=[ns.s, ns.s]) }}`],
  [
    'a list doubled sixty times',
    '{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = ns.a + ns.a %}{% endfor %}',
  ],
  [
    'lists without end',
    '{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = ns.a + [range(99999)] %}{% endfor %}',
  ],
  ['split into too many', `${LONG}{{ ns.s.split('a') | length }}`],
  ['split at white space into too many', `${LONG}{{ ns.s.split() | length }}`],
  ['a nested list printed', `${nested(60)}{{ ns.a }}`],
  ['a nested list as JSON', `${nested(60)}{{ ns.a | tojson }}`],
  ['a nested list as text', `${nested(60)}{{ ns.a | string }}`],
  ['a nested list appended to a text', `${nested(60)}{{ 'x' ~ ns.a }}`],
  ['a nested list added to a text', `${nested(60)}{{ 'x' + ns.a }}`],
  ['a nested list joined', `${nested(60)}{{ ns.a | join }}`],
  ['a nested list compared with a text', `${nested(60)}{{ ns.a == 'x' }}`],
  ['a nested list compared with another', `${nested(60)}{% set one = ns.a %}${nested(60)}{{ one == ns.a }}`],
  [
    'a list nested without end',
    '{% set ns = namespace(a=[]) %}{% for i in range(9999) %}{% set ns.a = [ns.a] %}{% endfor %}{{ ns.a }}',
  ],
  ['a namespace inside itself', '{% set ns = namespace() %}{% set ns.self = ns %}{{ ns }}'],
  ['a namespace inside itself as JSON', '{% set ns = namespace() %}{% set ns.self = ns %}{{ ns | tojson }}'],
  [
    'sorting long texts',
    `${LONG}{% set a = namespace(l=[ns.s]) %}{% for i in range(16) %}{% set a.l = a.l + a.l %}{% endfor %}{{ a.l | sort | length }}`,
  ],
  ['searching a long text', `${LONG}{{ (ns.s + 'x') in ns.s }}`],
  ['searching a text for its own half', `${doubled(18)}{% set half = ns.s[:1000000] ~ 'y' %}{{ half in ns.s }}`],
  ['a macro that calls itself', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}'],
  [
    'macros that call each other',
    '{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}',
  ],
  [
    'a macro that calls itself twice',
    '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}',
  ],
  ['a macro whose default calls it', '{% macro m(x=m()) %}{% endmacro %}{{ m() }}'],
  [
    'a caller that calls',
    '{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% endmacro %}{{ r() }}',
  ],
  [
    'a macro that writes twice what it is given',
    "{% macro m(n, s) %}{% if n %}{{ m(n - 1, s ~ s) }}{% else %}{{ s }}{% endif %}{% endmacro %}{{ m(60, 'xx') }}",
  ],
  ['text written without end', `{% for i in range(90000) %}${'x'.repeat(2000)}{% endfor %}`],
  ['text written into a variable', `{% set s %}{% for i in range(90000) %}${'x'.repeat(2000)}{% endfor %}{% endset %}`],
  [
    'a filter over endless text',
    `{% filter upper %}{% for i in range(90000) %}${'x'.repeat(2000)}{% endfor %}{% endfilter %}`,
  ],
  ['include', "{% include '/etc/passwd' %}"],
  ['import', "{% import 'os' as os %}{{ os.system('id') }}"],
  ['from import', "{% from 'os' import system %}"],
  ['extends', "{% extends '/etc/passwd' %}"],
  ['do', '{% do messages.append(1) %}'],
  ['changing a list', '{{ messages.append(1) }}'],
  ['emptying a mapping', '{{ messages[0].clear() }}'],
  ['a thousand parentheses', `{{ ${'('.repeat(1000)}1${')'.repeat(1000)} + ${'-'.repeat(1000)}1 }}`],
  ['a hundred thousand parentheses', `{{ ${'('.repeat(100_000)}1${')'.repeat(100_000)} }}`],
  ['a hundred thousand brackets', `{{ ${'['.repeat(100_000)}${']'.repeat(100_000)} }}`],
  ['ten thousand nested ifs', `${'{% if true %}'.repeat(10_000)}${'{% endif %}'.repeat(10_000)}`],
  ['ten thousand sums', `{{ ${'1+'.repeat(10_000)}1 }}`],
  ['a break outside loops', '{% break %}'],
  ['a loop that is not closed', '{% for m in messages %}'],
  ['a statement that is not closed', '{% if true'],
  ['an expression that is not closed', "{{ 'abc"],
  ['a comment that is not closed', '{# abc'],
  ['megabytes of source', 'x'.repeat(2_000_000)],
  ['endless white space', `{{ 1 }}${' '.repeat(500_000)}{{ 2 }}`],
  ['endless newlines', '\n'.repeat(500_000)],
  [
    'a long date format',
    "{% set f = namespace(s='%B') %}{% for i in range(15) %}{% set f.s = f.s + f.s %}{% endfor %}{{ strftime_now(f.s) }}",
  ],
  ['a date format that is none', '{{ strftime_now(messages) }}'],
  ['an exception whose reason is a nested list', `${nested(60)}{{ raise_exception(ns.a) }}`],
];

/** Templates that may ask, and get nothing by it. */
const HARMLESS: readonly (readonly [what: string, source: string, text: string])[] = [
  ['a constructor', '[{{ messages.constructor }}{{ messages[0].constructor }}]', '[]'],
  ['a prototype', '[{{ messages[0].__proto__ }}{{ messages.__proto__ }}]', '[]'],
  ['a prototype in brackets', "[{{ messages[0]['__proto__'] }}]", '[]'],
  [
    'a mapping with a prototype for a key',
    "{% set d = {'__proto__': 'x'} %}[{{ d.polluted }}{{ d['__proto__'] }}]",
    '[x]',
  ],
  ['methods of Object', '[{{ messages[0].hasOwnProperty }}{{ messages[0].toString }}{{ messages[0].valueOf }}]', '[]'],
  ['Node globals', '[{{ process }}{{ global }}{{ globalThis }}{{ Buffer }}{{ console }}]', '[]'],
  ['Python globals', '[{{ self }}{{ cycler }}{{ lipsum }}{{ url_for }}{{ config }}]', '[]'],
  ['an index outside', "[{{ messages[99] }}{{ messages['0'] }}{{ 'abc'[-99] }}]", '[]'],
  ['a slice by zero and beyond', "[{{ 'abc'[::0] }}{{ 'abc'[99:] }}{{ messages[5:-5] | length }}]", '[0]'],
  ['a name from a prototype', '[{{ constructor }}{{ __proto__ }}{{ hasOwnProperty }}]', '[]'],
  ['an empty range', '[{% for i in range(5, 0) %}{{ i }}{% endfor %}{{ range(-5) | length }}]', '[0]'],
  ['a long loop that is allowed', '{% for i in range(30000) %}{% endfor %}done', 'done'],
  [
    'macros a few levels deep',
    '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}.{% endmacro %}{{ m(40) }}',
    '.'.repeat(41),
  ],
  [
    'a search by a hopeless regular expression',
    "{{ ('a' * 0) if false else 'aaaa(a+)+$' | replace('(a+)+$', '!') }}",
    'aaaa!',
  ],
];

function outcome(source: string): { text?: string; error?: unknown; milliseconds: number } {
  const start = performance.now();
  try {
    const text = compileChatTemplate(source).render(CONVERSATION, { addGenerationPrompt: true });
    return { text, milliseconds: performance.now() - start };
  } catch (error) {
    return { error, milliseconds: performance.now() - start };
  }
}

/** The limit of a render, and room for a busy machine. */
const LONGEST = 4000;

describe('templates that attack', () => {
  it.each(STOPPED)('stops %s', (_what, source) => {
    const { text, error, milliseconds } = outcome(source);
    expect(text).toBeUndefined();
    expect(error).toBeInstanceOf(OrpoError);
    expect(error).toMatchObject({ code: 'template' });
    expect(milliseconds).toBeLessThan(LONGEST);
  });

  it.each(HARMLESS)('gives nothing for %s', (_what, source, text) => {
    const result = outcome(source);
    expect(result.error).toBeUndefined();
    expect(result.text).toBe(text);
    expect(result.milliseconds).toBeLessThan(LONGEST);
  });

  it('leaves the prototypes of JavaScript as they were', () => {
    outcome(
      "{% set ns = namespace({'__proto__': {'polluted': 'yes'}}) %}{% set ns.constructor = 1 %}{{ ns.polluted }}",
    );
    expect('polluted' in {}).toBe(false);
    expect({}.constructor).toBe(Object);
  });

  it('reads role and content of a message once and nothing else', () => {
    const reads: string[] = [];
    const spy = new Proxy(
      { role: 'user', content: 'hi', secret: 'no' },
      {
        get(target, key, receiver) {
          reads.push(String(key));
          return Reflect.get(target, key, receiver);
        },
      },
    );
    const template = compileChatTemplate('{{ messages[0].content }}{{ messages[0].secret }}{{ messages[0] | tojson }}');
    expect(template.render([spy], { addGenerationPrompt: false })).toBe('hi{"role": "user", "content": "hi"}');
    expect(reads.sort()).toEqual(['content', 'role']);
  });

  it('refuses a message list longer than a list may be', () => {
    const messages = Array.from({ length: 100_001 }, (): Message => ({ role: 'user', content: '' }));
    expect(() => compileChatTemplate('x').render(messages, { addGenerationPrompt: false })).toThrow(
      /more than 100000 items/,
    );
  });

  it('stops at the limits it is given', () => {
    const strict = { limits: { iterations: 1, milliseconds: 60_000 } };
    const template = compileChatTemplate('{% for m in messages %}{{ m.content }}{% endfor %}', strict);
    expect(() => template.render(CONVERSATION, { addGenerationPrompt: false })).toThrow(/loops more than 1 times/);
  });

  it('renders or refuses whatever it is given', () => {
    const fragment = fc.constantFrom(
      ...'{% {%- %} -%} {{ }} {# #} for if else elif endif endfor macro endmacro set endset in is not and or break'.split(
        ' ',
      ),
      ...'messages m loop range( ) ( [ ] { } , . : | = == + - ~ * ** % / // < > namespace( tojson join(","'.split(' '),
      ...'content role "a" 1 0 -1 1e9 [::-1] .x ["x"] length sort replace("a","b") call(x) filter upper'.split(' '),
      ' ',
      '\n',
      '\\',
      "'",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (parts) => {
        const { text, error, milliseconds } = outcome(parts.join(' '));
        if (text === undefined) expect(error).toMatchObject({ code: 'template' });
        expect(milliseconds).toBeLessThan(LONGEST);
      }),
      { numRuns: 2000 },
    );
  });

  it('stops by the clock alone', () => {
    const template = compileChatTemplate(
      '{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(60) }}',
      {
        limits: { milliseconds: 50 },
      },
    );
    const start = performance.now();
    expect(() => template.render(CONVERSATION, { addGenerationPrompt: false })).toThrow(/takes longer than 50 ms/);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
