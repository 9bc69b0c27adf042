/** Where a tree lies in the token row: its trunk, then its branches. Lengths in tokens. */
export interface TreeLayout {
  readonly trunkBegin: number;
  readonly trunkLength: number;
  readonly branches: readonly { readonly begin: number; readonly length: number }[];
}
