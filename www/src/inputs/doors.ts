// A stand-in for a door of the library that is not open yet.

export interface Change {
  name: string;
  takes: string;
  gloss: string;
}

export const changes = (): Change[] => [
  { name: 'slow_query', takes: 'query, factor, cpu_factor, over, instances', gloss: 'work of a query class (or of all) takes `factor` times as long, and `cpu_factor` times as much processor time; below 1 it is an index, pagination or a cache' },
  { name: 'deploy', takes: 'version, over, instances, surge, drain, start, max_size, min_idle, query, factor, cpu_factor', gloss: 'new instances replace the old: in place (surge 1), some beside them, or all at once (surge 2: blue-green); on some instances it is a canary' },
  { name: 'rollback', takes: 'over, instances, surge, drain, start', gloss: 'a deploy of the first version, with the pools as they were at the start' },
  { name: 'restart_instances', takes: 'over, instances, surge, drain, start', gloss: 'a deploy of nothing new: a restart of the application, or other hosts for it; its pools begin anew' },
  { name: 'scale', takes: 'count, start', gloss: 'there are so many instances from then on' },
  { name: 'resize_pool', takes: 'max_size, over, instances', gloss: 'the pools get another max_size while they run' },
  { name: 'flush_idle', takes: 'over, instances', gloss: 'the pools close their idle connections' },
  { name: 'set', takes: 'path, value, over, instances', gloss: 'a setting of pool, client or database, or fleet.routing, becomes another while everything runs' },
  { name: 'database_speed', takes: 'factor, over', gloss: 'the database becomes `factor` times as fast as its cores: a stall, a failover, a cold cache; 0 stands still' },
  { name: 'restart_database', takes: 'lasts', gloss: 'the database goes down with all its connections; leaked places stay taken, and pools race to connect again' },
  { name: 'restart_pooler', takes: 'lasts', gloss: 'the pooler goes down with all its connections, to the clients and to the database' },
  { name: 'lock', takes: 'lasts', gloss: 'somebody else, such as a migration, waits for the one locked row and keeps it for so long' },
  { name: 'note', takes: '', gloss: 'no effect: what people saw or did, for the record' },
];
