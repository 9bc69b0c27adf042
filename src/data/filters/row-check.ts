import { detectLanguage } from '../quality/language.js';
import { controlToken } from '../quality/template-markers.js';
import { turnFault } from '../quality/turns.js';
import { type DataRecord, plainText, responsesOf } from '../records.js';
import type { FilterConfig } from './config.js';
import type { Ruling } from './ruling.js';

/**
 * The filters that need nothing but the row itself, in the order of their reasons.
 *
 * @param special finds control tokens of the tokenizer; undefined without a tokenizer
 */
export function rowCheck(
  filters: FilterConfig,
  special: RegExp | undefined,
): (record: DataRecord) => Ruling | undefined {
  const { controlTokens, turns, languages, lengthRatio } = filters;
  const wanted = languages && new Set<string>(languages);
  return (record) => {
    const texts = [record.prompt, ...responsesOf(record)].map(plainText);
    const token = controlTokens ? controlToken(texts, special) : undefined;
    if (token !== undefined) return { reason: 'control token', detail: token };
    const fault = turns ? turnFault(record) : undefined;
    if (fault !== undefined) return { reason: 'broken turns', detail: fault };
    const language = wanted && unwanted(texts, wanted);
    if (language !== undefined) return { reason: 'other language', detail: language };
    if (lengthRatio === undefined || texts.length < 3) return undefined;
    const lengths = texts.slice(1).map((text) => text.length);
    const tooLong = Math.max(...lengths) > lengthRatio * Math.min(...lengths);
    return tooLong ? { reason: 'unequal lengths', detail: `${lengths.join(' and ')} characters` } : undefined;
  };
}

function unwanted(texts: readonly string[], wanted: ReadonlySet<string>): string | undefined {
  return texts.map(detectLanguage).find((language) => language !== undefined && !wanted.has(language));
}
