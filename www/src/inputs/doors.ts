// A stand-in for a door of the library that is not open yet.

export interface Change {
  name: string;
  takes: string;
  gloss: string;
}

export const changes = (): Change[] => [
  { name: 'slow_query', takes: 'query, factor, cpu_factor, over, instances', gloss: 'work takes `factor` times as long' },
  { name: 'deploy', takes: 'version, over, instances, surge, drain, start, max_size, min_idle, query, factor, cpu_factor', gloss: 'new instances replace the old' },
  { name: 'rollback', takes: 'over, instances, surge, drain, start', gloss: 'a deploy of the first version' },
  { name: 'scale', takes: 'count, start', gloss: 'there are so many instances from then on' },
  { name: 'resize_pool', takes: 'max_size, over, instances', gloss: 'the pools get another max_size while they run' },
  { name: 'restart_database', takes: 'lasts', gloss: 'the database goes down with all its connections' },
  { name: 'note', takes: '', gloss: 'no effect' },
];
