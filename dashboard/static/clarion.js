// What the browser must do by itself: say its time zone, notice a button that is held, take a link's token.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const value = encodeURIComponent(zone + "|" + -new Date().getTimezoneOffset());
  document.cookie = "clarion_zone=" + value + "; path=/; max-age=31536000; samesite=lax";

  // A hold button: pointer or Space/Enter down for data-hold-ms gives a `held` event, anything shorter `pressed`.
  let holding = null;

  const begin = (button, pointer) => {
    if (holding || button.disabled) return;
    button.classList.add("holding");
    holding = { button, pointer, began: performance.now() };
    holding.timer = setTimeout(() => end("held"), Number(button.dataset.holdMs));
  };

  const end = (outcome) => {
    if (!holding) return;
    const { button, timer } = holding;
    clearTimeout(timer);
    button.classList.remove("holding");
    holding = null;
    if (outcome && !button.disabled) button.dispatchEvent(new CustomEvent(outcome));
  };

  const held = (event) => event.target instanceof Element && event.target.closest("[data-hold-ms]");

  document.addEventListener("pointerdown", (event) => {
    const button = held(event);
    if (button && event.button === 0) begin(button, true);
  });
  document.addEventListener("pointerup", (event) => end(held(event) === holding?.button ? "pressed" : null));
  document.addEventListener("pointercancel", () => end(null));
  document.addEventListener("contextmenu", (event) => { if (held(event)) event.preventDefault(); });
  document.addEventListener("keydown", (event) => {
    const button = held(event);
    if (!button || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    if (!event.repeat) begin(button, false);
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    if (held(event)) event.preventDefault();
    end("pressed");
  });
  // A click that no pointer or key made: assistive technology. It cannot hold.
  document.addEventListener("click", (event) => {
    const button = held(event);
    if (button && event.detail === 0 && !button.disabled) button.dispatchEvent(new CustomEvent("pressed"));
  });
  window.addEventListener("blur", () => end(null));

  // What one may do has changed: the page is drawn anew, unless somebody is in the middle of something on it.
  const touched = new Set();
  document.addEventListener("input", (event) => touched.add(event.target));
  window.clarionDrawAnew = () => {
    const typed = [...touched].some((field) => field.isConnected && field.value);
    const strip = document.getElementById("rights-changed");
    if (strip && (typed || document.querySelector(".q-dialog"))) strip.classList.remove("hidden");
    else location.reload();
  };

  // A one-time link has its token behind the #, which no browser sends: it goes into the form, and out of the
  // address, so that it stays in no history.
  const takeFragment = () => {
    const token = location.hash.slice(1);
    if (location.pathname !== "/set-password" || !token) return;
    const field = document.querySelector("[data-takes-fragment] input[name=token]");
    if (!field) return void requestAnimationFrame(takeFragment); // the page is drawn a moment after this runs
    field.value = token;
    history.replaceState(null, "", location.pathname);
  };
  takeFragment();
  window.addEventListener("hashchange", takeFragment);
})();
