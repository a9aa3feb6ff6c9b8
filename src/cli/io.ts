// What a command may touch of the outside world. Commands get it as an argument, so that they can be run in process.

/** A text stream for people or for the next program in a pipe. */
export interface Output {
  write(text: string): void;
  readonly isTty: boolean;
  /** Width in columns; 80 where the stream does not say. */
  readonly columns: number;
  /** True on a terminal without NO_COLOR. Words and signs carry the meaning; colour only repeats it. */
  readonly color: boolean;
}

export interface Io {
  /** Results only. */
  readonly stdout: Output;
  /** Progress, warnings, the script's console, errors. */
  readonly stderr: Output;
  readonly readStdin: () => Promise<string>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The arguments as typed, for reports. */
  readonly argv: readonly string[];
  /** Fires at the first SIGINT or SIGTERM. A second one ends the process at once with status 96. */
  readonly interrupted: AbortSignal;
  /** Sets the exit status of the process; 0 unless called. The last call wins. */
  exitWith(status: number): void;
}

/** Makes visible what an untrusted text could do to a terminal: control characters but tab and newline, bidi overrides. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The same, one column for each character, so that columns still count. */
export function printableLine(text: string): string {
  return text.replace(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, ' ');
}

const UNSAFE = /(?![\t\n])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu;

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** `text` in a style where the stream shows colour, else unchanged. */
export function styled(output: Output, style: keyof typeof CODES, text: string): string {
  return output.color ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}
