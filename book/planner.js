// A page of the book that has a planner loads it; the others load nothing.
if (document.querySelector('pool-planner')) import(new URL(`${path_to_root}../pool-planner.js`, document.baseURI).href);
