// What is used of autocannon 9, which ships no types.
declare module 'autocannon' {
  interface Options {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly body?: Buffer;
    readonly connections: number;
    /** s */
    readonly duration: number;
    /** s */
    readonly timeout: number;
  }
  interface Result {
    readonly '2xx': number;
    readonly non2xx: number;
    readonly errors: number;
    /** s */
    readonly duration: number;
  }
  export default function autocannon(options: Options): Promise<Result> & { stop(): void };
}
