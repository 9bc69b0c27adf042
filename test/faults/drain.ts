import type { TrainEvent } from '../../src/training/events.js';

/** All events of a run or a recipe; `onEvent` is told each as it comes. */
export async function drain<Event>(
  events: AsyncIterable<Event>,
  onEvent: (event: Event) => void = () => {},
): Promise<Event[]> {
  const seen: Event[] = [];
  for await (const event of events) {
    seen.push(event);
    onEvent(event);
  }
  return seen;
}

/** For `drain`: told the updates done so far, 0 at the start and then each. */
export function atSteps(onStep: (step: number) => void): (event: TrainEvent) => void {
  return (event) => {
    if (event.type === 'start') onStep(0);
    if (event.type === 'step') onStep(event.step);
  };
}
