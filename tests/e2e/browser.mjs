// Starts the browser that BROWSER names. Firefox is Debian's, and spoken to by WebDriver BiDi: playwright-firefox is the last
// release of Playwright that asks nothing of it that it does not know.
import { chromium } from 'playwright-core';
import bidi from 'playwright-firefox';

export const NAME = process.env.BROWSER ?? 'chromium';
const ARGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export function launch() {
  if (NAME === 'firefox') {
    return bidi._bidiFirefox.launch({ executablePath: process.env.FIREFOX ?? '/usr/bin/firefox-esr', channel: 'moz-firefox' });
  }
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
}
