// Search in pages that are opened from a disk: a browser starts no worker there, so a hidden frame
// runs the worker's script. Served pages keep the browser's own Worker.
class IFrameWorker extends EventTarget {
  constructor(url) {
    super();
    const frame = document.createElement("iframe");
    const script = document.createElement("script");
    script.src = new URL(url, document.baseURI).href;
    frame.hidden = true;
    frame.srcdoc = script.outerHTML;
    this.ready = new Promise((done) => frame.addEventListener("load", () => done(frame.contentWindow)));
    this.ready.then((inner) => {
      inner.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
    });
    document.body.append(frame);
  }

  postMessage(data) {
    this.ready.then((inner) => inner.dispatchEvent(new inner.MessageEvent("message", { data })));
  }
}

if (location.protocol === "file:") {
  window.Worker = window.IFrameWorker = IFrameWorker;
}
