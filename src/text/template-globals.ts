import { type Environment, JinjaEnvironment } from './jinja.js';
import { type TemplateBudget, templateError } from './template-limits.js';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const LONGEST_DATE_FORMAT = 1000;

/**
 * The names every template sees: constants, `range`, `raise_exception` and `strftime_now`, as transformers gives them.
 *
 * @param budget that of the render which is under way
 */
export function templateGlobals(budget: () => TemplateBudget, now: () => Date): Environment {
  const environment = new JinjaEnvironment();
  for (const [name, value] of [
    ['true', true],
    ['True', true],
    ['false', false],
    ['False', false],
    ['none', null],
    ['None', null],
  ] as const) {
    environment.set(name, value);
  }
  environment.set('range', (...args: unknown[]) => range(args, budget()));
  environment.set('raise_exception', (message: unknown) => {
    throw templateError(
      `The chat template refuses the conversation: ${typeof message === 'string' ? message.slice(0, 500) : 'no reason given'}.`,
      'Bring the messages into the roles and the order that the model was trained on.',
    );
  });
  environment.set('strftime_now', (format: unknown) => {
    if (typeof format !== 'string' || format.length > LONGEST_DATE_FORMAT) {
      throw templateError('The chat template calls strftime_now without a short format text.');
    }
    return formatDate(now(), format);
  });
  return environment;
}

/** Python's `range`, whole numbers only and no longer than a list may be. */
function range(args: readonly unknown[], budget: TemplateBudget): number[] {
  const [first, second, third = 1] = args;
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (!isWhole(start) || !isWhole(stop) || !isWhole(third) || third === 0 || args.length > 3) {
    throw templateError('The chat template calls range() with something other than whole numbers.');
  }
  const length = Math.max(0, Math.ceil((stop - start) / third));
  budget.copyItems(length);
  return Array.from({ length }, (_, i) => start + i * third);
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

/** The directives of C's strftime that chat templates use, in English and local time whatever the machine's language. */
function formatDate(date: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const month = MONTHS[date.getMonth()] ?? '';
  const day = DAYS[date.getDay()] ?? '';
  const fields: Readonly<Record<string, string>> = {
    '%Y': String(date.getFullYear()),
    '%y': two(date.getFullYear() % 100),
    '%m': two(date.getMonth() + 1),
    '%B': month,
    '%b': month.slice(0, 3),
    '%d': two(date.getDate()),
    '%e': String(date.getDate()).padStart(2, ' '),
    '%-d': String(date.getDate()),
    '%A': day,
    '%a': day.slice(0, 3),
    '%H': two(date.getHours()),
    '%I': two(date.getHours() % 12 || 12),
    '%M': two(date.getMinutes()),
    '%S': two(date.getSeconds()),
    '%p': date.getHours() < 12 ? 'AM' : 'PM',
    '%%': '%',
  };
  return format.replace(/%-?[a-zA-Z%]/g, (directive) => fields[directive] ?? directive);
}
