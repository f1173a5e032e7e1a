// A photograph by the camera of this computer or phone.

import { button, dialog, h, style } from "./dom.js";

/**
 * Open the camera in a dialog.
 * @param {() => void} otherwise what to do if it may not be used
 * @returns {Promise<?File>} the photograph, or null
 */
export async function openCamera(context, otherwise) {
  style("detail.css");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1440 } },
    });
  } catch {
    context.toast("The camera cannot be used here: there is none, or it was not allowed.", {
      label: "Choose a picture", action: otherwise });
    return null;
  }
  return new Promise((done) => {
    let file = null;
    const video = h("video.camera", { autoplay: true, muted: true, playsInline: true });
    video.srcObject = stream;
    const capture = button("Take the photograph", { symbol: "camera", kind: "primary", onclick: async () => {
      capture.disabled = true;
      file = await photograph(video);
      shown.close();
    } });
    const body = h("div", {}, video,
      h("div.dialog-foot", {}, button("Cancel", { onclick: () => shown.close() }), capture));
    const shown = dialog("Camera", body, { onclose: () => {
      stream.getTracks().forEach((track) => track.stop());
      done(file);
    } });
    capture.focus();
  });
}

async function photograph(video) {
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
  return blob && new File([blob], "photograph.jpg", { type: "image/jpeg" });
}
