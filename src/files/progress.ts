/** How far something that takes a while has come: bytes or rows done of `total`, where the total is known. */
export interface FetchProgress {
  readonly what: string;
  readonly done: number;
  readonly total: number | undefined;
  /** Default `bytes`. */
  readonly unit?: 'bytes' | 'rows';
}

export type OnFetchProgress = (progress: FetchProgress) => void;
