// Keeps a page live: when the portal changes, fetches the page again and swaps its live parts. Forms work without this.
const parts = () => document.querySelectorAll('[data-live]');
let busy = false;
let again = false;

const toBottom = () => document.querySelectorAll('.lines').forEach((lines) => { lines.scrollTop = lines.scrollHeight; });

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    parts().forEach((part) => {
      const next = fresh.getElementById(part.id);
      // A part somebody is typing in is left alone until they are done.
      if (!next || next.innerHTML === part.innerHTML || part.contains(document.activeElement)) return;
      const grew = next.querySelectorAll('.line').length > part.querySelectorAll('.line').length;
      part.innerHTML = next.innerHTML;
      if (grew || part.dataset.live === 'bottom') toBottom();
    });
  } finally {
    busy = false;
    if (again) { again = false; refresh(); }
  }
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (!form.matches('[data-quiet]')) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  form.querySelectorAll('textarea').forEach((field) => { field.value = ''; });
  const answer = await fetch(form.action, { method: 'POST', body });
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

if (parts().length) {
  const source = new EventSource('/live');
  source.addEventListener('change', refresh);
  if (document.querySelector('[data-live="tick"]')) source.addEventListener('tick', refresh);
}
toBottom();
