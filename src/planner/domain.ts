// Checks of arguments shared by the models: a wrong argument is named with its value, NaN never travels on.
import { type EnclaveError, invalidInput } from '../errors.ts';

function refused(subject: string, name: string, expected: string, value: unknown): EnclaveError {
  return invalidInput(subject, [
    { path: name, message: `expected ${expected}, got ${String(value)} (${typeof value})` },
  ]);
}

/** @throws EnclaveError INVALID_INPUT unless `value` is a whole number of at least 1. */
export function checkCount(subject: string, name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1)
    throw refused(subject, name, 'a whole number of at least 1', value);
}

/** @throws EnclaveError INVALID_INPUT unless `value` is finite and at least 0. */
export function checkNonNegative(subject: string, name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0)
    throw refused(subject, name, 'a finite number of at least 0', value);
}

/** @throws EnclaveError INVALID_INPUT unless `value` is finite and above 0. */
export function checkPositive(subject: string, name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw refused(subject, name, 'a finite number above 0', value);
}

/** @throws EnclaveError INVALID_INPUT unless `value` is at least 0 and below 1. */
export function checkQuantile(subject: string, value: number): void {
  if (!(value >= 0 && value < 1)) throw refused(subject, 'p', 'a fraction from 0 to below 1', value);
}
