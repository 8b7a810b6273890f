// What the pages need beside mdBook's own script: the live planner, and what a keyboard and a screen reader miss.
if (document.querySelector('pool-planner')) import(new URL(`${path_to_root}../pool-planner.js`, document.baseURI).href);

/** The same element under another name. */
function renamed(element, name) {
  const other = document.createElement(name);
  for (const { name: key, value } of element.attributes) other.setAttribute(key, value);
  other.append(...element.childNodes);
  element.replaceWith(other);
  return other;
}

// A column without a name holds what its rows are about.
for (const table of document.querySelectorAll('main table')) {
  const heads = [...table.querySelectorAll('thead th')];
  if (heads[0]?.textContent.trim() === '') {
    for (const cell of table.querySelectorAll('tbody td:first-child')) {
      if (cell.textContent.trim() !== '') renamed(cell, 'th').setAttribute('scope', 'row');
    }
  }
  for (const head of heads) if (head.textContent.trim() === '') renamed(head, 'td');
}

// What scrolls sideways does so with the arrow keys as well.
const wide = document.querySelectorAll('main .table-wrapper, main pre > code');
function reach() {
  for (const one of wide) {
    if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
    else one.removeAttribute('tabindex');
  }
}
new ResizeObserver(reach).observe(document.querySelector('main'));
for (const wrapper of document.querySelectorAll('main .table-wrapper')) {
  wrapper.setAttribute('role', 'group');
  wrapper.setAttribute('aria-label', 'table');
}

// mdBook takes keys for itself outside of fields: arrows turn the page, s and / search. Arrows move a planner's film and scroll tables.
for (const one of document.querySelectorAll('main pool-planner, main .table-wrapper, main pre > code')) {
  one.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey) event.stopPropagation();
  });
}

// mdBook's bar is in no landmark, and its first button is a label, which no key reaches.
document.getElementById('mdbook-menu-bar')?.setAttribute('role', 'banner');
const label = document.getElementById('mdbook-sidebar-toggle');
const shown = document.getElementById('mdbook-sidebar-toggle-anchor');
if (label && shown) {
  const button = renamed(label, 'button');
  button.removeAttribute('for');
  button.type = 'button';
  button.setAttribute('aria-expanded', shown.checked);
  shown.addEventListener('change', () => button.setAttribute('aria-expanded', shown.checked));
  button.addEventListener('click', () => {
    // What mdBook does before it slides in.
    label.dispatchEvent(new Event('click'));
    shown.click();
  });
}
