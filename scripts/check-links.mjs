// Follows every link within a built site; links that leave it are not asked for. Of the library's pages, whose own links rustdoc
// holds, those are asked for to which others link.  usage: node scripts/check-links.mjs FOLDER
import { LinkChecker } from 'linkinator';
import { serve } from './serve.mjs';

const server = await serve(process.argv[2], 0);
const at = `http://127.0.0.1:${server.address().port}`;
const checker = new LinkChecker();
const result = await checker.check({
  path: [`${at}/`, `${at}/book/`],
  recurse: true,
  checkFragments: true,
  linksToSkip: async (link) => !link.startsWith(at) || link.startsWith(`${at}/api/`),
});
for (const link of result.links.filter(({ url }) => url.startsWith(`${at}/api/`))) {
  link.status = (await fetch(link.url)).status;
  link.state = link.status === 200 ? 'OK' : 'BROKEN';
}
const broken = result.links.filter((link) => link.state === 'BROKEN');
for (const link of broken) console.error(`${link.status} ${link.url} (from ${link.parent})`);
const followed = result.links.filter((link) => link.state === 'OK').length;
console.log(`links: ${followed} followed, ${broken.length} broken`);
process.exit(broken.length > 0 || followed < 5 ? 1 : 0);
