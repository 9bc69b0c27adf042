let wanted = false;

/**
 * Has this process leave out libtorch's destructors when it has nothing left to do: they take operators apart one by one, for
 * 0.06 s. For a program of ours, whose end nothing else waits for; before libtorch loads.
 */
export function endQuickly(): void {
  wanted = true;
}

export function endsQuickly(): boolean {
  return wanted;
}
