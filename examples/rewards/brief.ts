const IDEAL_WORDS = 25;

/** What a support answer should be: about 25 words, finished, without apologies. 1.5 is the most. */
export default function reward(_prompt: string, response: string): number {
  const text = response.trim();
  const words = text === '' ? 0 : text.split(/\s+/).length;
  const brief = Math.max(0, 1 - Math.abs(words - IDEAL_WORDS) / 50);
  const finished = /[.!?]$/.test(text) ? 0.5 : 0;
  const apologies = text.match(/\b(sorry|apolog\w*|unfortunately)\b/gi)?.length ?? 0;
  return brief + finished - 0.25 * apologies;
}
