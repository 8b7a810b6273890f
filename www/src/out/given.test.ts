import { expect, it } from 'vitest';
import { toHash } from '../state/link.js';
import { opened } from './given.js';

const scenario = { traffic: { rate: '5/s' } };

it('takes an object, its JSON, and a link with or without its hash sign', async () => {
  const hash = await toHash(scenario);
  for (const given of [scenario, JSON.stringify(scenario), ` ${JSON.stringify(scenario)}\n`, hash, hash.slice(1)]) {
    expect(await opened(given)).toEqual({ scenario });
  }
});

it('has a notice for everything else', async () => {
  for (const given of ['', '5', '[]', 'null', '{', 'v1.%%%', 'v9.abc']) expect(await opened(given)).toHaveProperty('notice');
});
