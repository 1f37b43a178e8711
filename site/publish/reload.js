// Served by the preview only: reloads the page when the site was published anew.
(async () => {
  const version = async () => {
    try {
      const r = await fetch('/_stalewatch/version', { cache: 'no-store' });
      return r.ok ? await r.text() : '';
    } catch {
      return ''; // the preview has ended, or the site is being swapped
    }
  };
  let before = await version();
  setInterval(async () => {
    if (document.hidden) return;
    const now = await version();
    if (now && now != 'none' && before && now != before) location.reload();
    before = now || before;
  }, 1000);
})();
