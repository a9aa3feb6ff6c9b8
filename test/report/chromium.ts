// Finds a Chromium. Without one, tests that need it are skipped with the command that installs it; in CI they fail.
import { existsSync } from 'node:fs';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of the browser: `CHROMIUM_PATH`, or where distributions put it. */
export function findChromium(): string | undefined {
  const given = process.env['CHROMIUM_PATH'];
  return given ?? PATHS.find((path) => existsSync(path));
}

export const HOW_TO_INSTALL = 'apt-get install -y chromium (or set CHROMIUM_PATH)';
