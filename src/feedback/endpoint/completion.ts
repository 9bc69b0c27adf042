import { z } from 'zod';

/** What an endpoint answered, as far as it is used. */
export const completionSchema = z.object({
  text: z.string(),
  /** Tokens as the endpoint counts them; 0 where it does not say. */
  tokens: z.object({ input: z.number(), output: z.number() }),
  /** Likeliest first tokens with their log-probabilities, where they were asked for and given. */
  first: z.array(z.object({ token: z.string(), logprob: z.number() })).optional(),
});

export type Completion = z.infer<typeof completionSchema>;

const logProbs = z.array(z.object({ top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })) }));

/** The body of a chat completion, as every compatible server writes it. */
const body = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullable() }),
        logprobs: z.object({ content: logProbs.nullish() }).nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number().nonnegative(), completion_tokens: z.number().nonnegative() }).nullish(),
});

/** Reads the body of a successful answer; a failure says what it is instead. */
export function readCompletion(text: string): Completion | { readonly failure: string } {
  if (text.trim() === '') return { failure: 'the answer is empty' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const what = /^\s*</.test(text) ? 'an HTML page' : 'no whole JSON';
    return { failure: `the answer is ${what}` };
  }
  const parsed = body.safeParse(value);
  if (!parsed.success) return { failure: 'the answer is JSON, but no chat completion' };
  const [choice] = parsed.data.choices;
  const content = choice?.message.content ?? '';
  if (content.trim() === '') return { failure: 'the answer holds no text' };
  const first = choice?.logprobs?.content?.[0]?.top_logprobs;
  const { usage } = parsed.data;
  return {
    text: content,
    tokens: { input: usage?.prompt_tokens ?? 0, output: usage?.completion_tokens ?? 0 },
    ...(first === undefined ? {} : { first }),
  };
}
