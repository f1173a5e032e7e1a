// Two pictures that are looked at together: what is zoomed and moved in one is so in the other.

const MOST = 8;

/**
 * @param {HTMLElement} area takes the wheel, the pointers and double clicks
 * @param {() => HTMLElement[]} inner what is moved; each fills its parent
 * @returns {{by: (factor: number) => void, reset: () => void}}
 */
export function zoomTogether(area, inner) {
  let scale = 1;
  let x = 0; // of the upper left corner, as a share of the frame
  let y = 0;
  const pointers = new Map();
  let frame = null; // of the picture that was touched last

  const apply = () => {
    const least = 1 - scale;
    x = Math.min(0, Math.max(least, x));
    y = Math.min(0, Math.max(least, y));
    for (const element of inner()) {
      element.style.transform = `translate(${x * 100}%, ${y * 100}%) scale(${scale})`;
      element.style.setProperty("--zoom", scale);
    }
    area.classList.toggle("zoomed", scale > 1);
  };
  const at = (factor, px = 0.5, py = 0.5) => {
    const next = Math.min(MOST, Math.max(1, scale * factor));
    x = px - ((px - x) * next) / scale;
    y = py - ((py - y) * next) / scale;
    scale = next;
    apply();
  };
  const frameOf = (event) => (event.target.closest(".pane-frame") ?? area.querySelector(".pane-frame")).getBoundingClientRect();
  const share = ({ clientX, clientY }, { left, top, width, height }) => [(clientX - left) / width, (clientY - top) / height];

  area.addEventListener("wheel", (event) => {
    event.preventDefault();
    at(Math.exp(-event.deltaY / 400), ...share(event, frameOf(event)));
  }, { passive: false });
  area.addEventListener("dblclick", (event) => at(scale > 1 ? 1 / scale : 3, ...share(event, frame ?? frameOf(event))));
  area.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button, a")) return;
    // Once it is captured, its events no longer say which picture it is on.
    frame = frameOf(event);
    pointers.set(event.pointerId, event);
    area.setPointerCapture?.(event.pointerId);
  });
  area.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const others = [...pointers.values()].filter((each) => each.pointerId !== event.pointerId);
    if (others.length) {
      const apart = (one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
      const middle = { clientX: (event.clientX + others[0].clientX) / 2, clientY: (event.clientY + others[0].clientY) / 2 };
      at(apart(event) / Math.max(1, apart(before)), ...share(middle, frame));
    } else if (scale > 1) {
      x += (event.clientX - before.clientX) / frame.width;
      y += (event.clientY - before.clientY) / frame.height;
      apply();
    }
    pointers.set(event.pointerId, event);
  });
  for (const kind of ["pointerup", "pointercancel"]) area.addEventListener(kind, (event) => pointers.delete(event.pointerId));
  return {
    by: (factor) => at(factor),
    reset: () => { scale = 1; apply(); },
  };
}
