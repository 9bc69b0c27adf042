/** How far fetching a model has come: bytes done of `total`, where the total is known. */
export interface FetchProgress {
  readonly what: string;
  readonly done: number;
  readonly total: number | undefined;
}

export type OnFetchProgress = (progress: FetchProgress) => void;
