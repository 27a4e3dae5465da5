// Keeps a page live: when something changed, fetches the page again and swaps its live parts. Everything works without this.
const parts = () => document.querySelectorAll('[data-live]');
let busy = false;
let again = false;
let put_off = false;

const toBottom = () => document.querySelectorAll('.lines').forEach((lines) => { lines.scrollTop = lines.scrollHeight; });

// Says once that the page is live, or why not.
function say(state, words) {
  const place = document.getElementById('live-state');
  if (!place || place.dataset.state === state) return;
  place.dataset.state = state;
  place.textContent = words;
}

const typing = (part) => {
  const at = document.activeElement;
  return part.contains(at) && at.matches('input, textarea, select');
};

// Swaps what is in a part, and leaves the reader where they were: opened details, scrolled boxes, the focus.
function swap(part, next) {
  const open = [...part.querySelectorAll('details[open][id]')].map((details) => details.id);
  const scrolled = [...part.querySelectorAll('.scroll[id]')].map((box) => [box.id, box.scrollLeft, box.scrollTop]);
  const focus = part.contains(document.activeElement) ? document.activeElement : null;
  const tag = focus && focus.localName;
  const alike = focus && [...part.querySelectorAll(tag)];
  const mark = (element) => element.id || element.getAttribute('href') || element.textContent;
  const nth = focus && alike.filter((element) => mark(element) === mark(focus)).indexOf(focus);
  part.innerHTML = next.innerHTML;
  open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
  scrolled.forEach(([id, left, top]) => { const box = document.getElementById(id); if (box) box.scrollTo(left, top); });
  if (!focus) return;
  const same = [...part.querySelectorAll(tag)].filter((element) => mark(element) === mark(focus))[nth];
  if (same) same.focus({ preventScroll: true });
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href);
    if (answer.status === 401) { source?.close(); say('out', 'Signed out: load the page again'); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    parts().forEach((part) => {
      const next = fresh.getElementById(part.id);
      if (!next || next.innerHTML === part.innerHTML) return;
      // A part somebody is typing in is left alone until they are done.
      if (typing(part)) { put_off = true; return; }
      const grew = next.querySelectorAll('.line').length > part.querySelectorAll('.line').length;
      swap(part, next);
      if (grew || part.dataset.live === 'bottom') toBottom();
    });
  } catch {
    // The stream says that the connection is lost.
  } finally {
    busy = false;
    if (again) { again = false; refresh(); }
  }
}

document.addEventListener('focusout', () => {
  if (!put_off) return;
  put_off = false;
  setTimeout(refresh, 0);
});

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-quiet]')) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  form.querySelectorAll('textarea').forEach((field) => { field.value = ''; });
  const answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'text/html' } });
  if (!answer.ok) {
    // What went wrong is a page of its own.
    const said = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main');
    if (said) document.querySelector('main').replaceWith(said);
    return;
  }
  if (document.activeElement && document.activeElement.matches('button')) document.activeElement.blur();
  refresh();
});

// Enter sends, Shift+Enter makes a line.
document.addEventListener('keydown', (event) => {
  const field = event.target;
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !field.matches('textarea[data-enter]')) return;
  event.preventDefault();
  if (field.value.trim()) field.form.requestSubmit();
});

let source = null;
let lost = 0;

function listen() {
  source?.close();
  source = new EventSource('/live');
  source.addEventListener('open', () => {
    clearTimeout(lost);
    lost = 0;
    say('live', 'Live');
    // What changed before the stream was open.
    refresh();
  });
  source.addEventListener('error', () => {
    // A short break is not worth a word. Browsers come back by themselves, except from a refusal.
    lost ||= setTimeout(() => {
      lost = 0;
      say('paused', 'Paused: no connection, trying again');
      if (source.readyState === EventSource.CLOSED) { refresh(); setTimeout(watch, 15000); }
    }, 4000);
  });
  source.addEventListener('change', refresh);
  if (document.querySelector('[data-live="tick"]')) source.addEventListener('tick', refresh);
}

// A browser keeps few connections to one host: tabs that nobody sees give theirs back.
function watch() {
  clearTimeout(lost);
  lost = 0;
  if (document.visibilityState === 'hidden') { source?.close(); source = null; return; }
  if (!source || source.readyState === EventSource.CLOSED) listen();
}

if (parts().length) {
  document.addEventListener('visibilitychange', watch);
  watch();
}
toBottom();
