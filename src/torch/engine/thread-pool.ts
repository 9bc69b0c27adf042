/**
 * Rounds for which a thread of libtorch's pool watches for work before it sleeps. libgomp's own 300,000 hold a core for
 * milliseconds after every operator, which costs nothing on an idle machine and most of the time on one that has other work:
 * of two trainings at once on two cores a step takes 3.1 s instead of 18.5 (SmolLM2-135M, LoRA), alone as long as ever.
 */
const ROUNDS = 4000;

/** Has the threads of the pool give way to other processes, unless the environment says how they wait. Before libtorch loads. */
export function waitPolitely(env: NodeJS.ProcessEnv = process.env): void {
  if (env.GOMP_SPINCOUNT === undefined && env.OMP_WAIT_POLICY === undefined) env.GOMP_SPINCOUNT = String(ROUNDS);
}
