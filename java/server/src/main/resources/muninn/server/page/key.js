// The key that a server may ask for: asked once, and kept until the tab is closed.

const PLACE = 'muninn.key';

export const headers = () => {
  const key = sessionStorage.getItem(PLACE);
  return key ? {Authorization: 'Bearer ' + key} : {};
};

let asking = null;

/** Asks for a key, and resolves when there is one. */
export function askForKey(reason) {
  asking ??= new Promise(done => {
    const dialog = document.getElementById('key'), value = document.getElementById('key-value');
    if (sessionStorage.getItem(PLACE)) document.getElementById('key-note').textContent = reason;
    sessionStorage.removeItem(PLACE);
    value.value = '';
    dialog.returnValue = '';
    dialog.addEventListener('close', () => {
      const given = dialog.returnValue === 'use';
      if (given) sessionStorage.setItem(PLACE, value.value);
      asking = null;
      done(given);
    }, {once: true});
    dialog.showModal();
    value.focus();
  });
  return asking;
}
