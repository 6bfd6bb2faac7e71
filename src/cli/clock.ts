/** Time, as what shows progress needs it; tests hand in another one. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  /** Does something again and again, but keeps no process alive. @param ms after so many milliseconds @returns what ends it */
  every(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  every: (ms, work) => {
    const timer = setInterval(work, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
