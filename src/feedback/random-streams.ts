/** One purpose, one stream, as in the data's own; see `createRandom`. */
export const randomStreams = { principles: 21, order: 22 } as const;
