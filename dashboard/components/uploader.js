// Where files are dropped or chosen, and how far each has come. How one gets to the hub: uploads/tus_upload.js.
import { TusUpload } from "clarion-uploads/tus_upload.js";
import { forget, unfinished } from "clarion-uploads/unfinished.js";

const AT_ONCE = 2;
const SEEN_MS = 10_000; // how long what is done stays: it is in the library below
const RANKS = ["failed", "finishing", "sending", "again", "paused", "waiting", "done"];

const bytes = (number) => {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
    if (number >= size) return `${(number / size).toFixed(number / size >= 10 ? 0 : 1)} ${unit}`;
  }
  return `${number} bytes`;
};

const left = (seconds) => {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s left`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min left` : `${Math.round(seconds / 3600)} h left`;
};

const template = `
  <section class="uploader" :class="{ 'uploader-many': !contentId }" aria-label="Uploads">
    <label class="drop" :class="{ 'drop-over': over }" data-testid="upload-drop">
      <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
        stroke-linejoin="round" aria-hidden="true"><path d="M12 16V5 M7.5 9.5L12 5l4.5 4.5 M4 19.5h16"/></svg>
      <span class="drop-words"><strong>{{ label }}</strong> <span class="drop-hint">{{ hint }}</span></span>
      <input ref="input" class="sr-only" type="file" :multiple="!contentId" :accept="accept" data-testid="upload-input"
        @change="chosen($event)">
    </label>
    <ul v-if="uploads.length || kept.length" class="uploads" data-testid="uploads">
      <li v-for="upload in ordered" :key="upload.fingerprint" class="upload" :class="'upload-' + upload.state"
        data-testid="upload" :data-state="upload.state">
        <div class="upload-words">
          <span class="upload-name">{{ upload.made?.name ?? upload.name }}</span>
          <span class="upload-note" role="status">{{ words(upload) }}</span>
          <span v-if="!['done', 'failed'].includes(upload.state)" class="upload-bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"
            :aria-label="upload.name" :aria-valuenow="Math.floor(upload.share * 100)" :style="{ '--done': upload.share * 100 + '%' }"></span>
        </div>
        <div class="upload-actions">
          <a v-if="upload.made && !contentId" class="btn btn-small" :href="'/contents/' + upload.made.content_id" data-testid="upload-open">Open</a>
          <button v-if="['sending', 'again'].includes(upload.state)" class="btn btn-small" type="button" data-testid="upload-pause"
            @click="upload.pause(); pump()">Pause</button>
          <button v-if="upload.state === 'paused'" class="btn btn-small" type="button" data-testid="upload-resume"
            @click="go(upload)">Go on</button>
          <button v-if="upload.state === 'failed'" class="btn btn-small" type="button" data-testid="upload-again"
            @click="go(upload)">Try again</button>
          <button v-if="!['done', 'finishing'].includes(upload.state)" class="btn btn-small" type="button" data-testid="upload-cancel"
            @click="cancel(upload)">Cancel</button>
          <button v-if="upload.state === 'done'" class="btn btn-small btn-quiet" type="button" data-testid="upload-hide"
            :aria-label="'Hide ' + upload.name" @click="drop(upload)">Hide</button>
        </div>
      </li>
      <li v-for="upload in kept" :key="upload.fingerprint" class="upload upload-paused" data-testid="upload-unfinished">
        <div class="upload-words">
          <span class="upload-name">{{ upload.name }}</span>
          <span class="upload-note">Not finished. Choose the same file again, and it goes on where it stopped.</span>
        </div>
        <div class="upload-actions">
          <button class="btn btn-small" type="button" data-testid="upload-forget" @click="forgetKept(upload)">Forget it</button>
        </div>
      </li>
    </ul>
    <div v-if="over" class="drop-veil" aria-hidden="true"><span>{{ contentId ? "Drop the new version" : "Drop to upload" }}</span></div>
  </section>`;

export default {
  template,
  props: { scope: String, contentId: String, label: String, hint: String, accept: String },
  data() {
    return { uploads: [], kept: unfinished(this.scope), over: false, depth: 0 };
  },
  computed: {
    ordered() { return [...this.uploads].sort((a, b) => RANKS.indexOf(a.state) - RANKS.indexOf(b.state)); },
  },
  mounted() {
    this.on = {
      dragenter: (event) => this.drag(event, 1),
      dragleave: (event) => this.drag(event, -1),
      dragover: (event) => { if (this.files(event)) event.preventDefault(); },
      drop: (event) => this.dropped(event),
      beforeunload: (event) => { if (this.uploads.some((upload) => upload.active)) event.preventDefault(); },
    };
    for (const [name, listener] of Object.entries(this.on)) window.addEventListener(name, listener);
  },
  unmounted() {
    for (const [name, listener] of Object.entries(this.on)) window.removeEventListener(name, listener);
    for (const upload of this.uploads) if (upload.active) upload.pause();
  },
  methods: {
    choose() { this.$refs.input.click(); },
    chosen(event) {
      this.take([...event.target.files]);
      event.target.value = "";
    },
    // An item of the playlist that is dragged is no file.
    files(event) { return event.dataTransfer?.types.includes("Files") && !document.querySelector(".q-dialog"); },
    drag(event, step) {
      if (!this.files(event)) return;
      event.preventDefault();
      this.depth = Math.max(0, this.depth + step);
      this.over = this.depth > 0;
    },
    dropped(event) {
      if (!this.files(event)) return;
      event.preventDefault();
      this.depth = 0;
      this.over = false;
      this.take([...event.dataTransfer.files]);
    },
    take(files) {
      for (const file of this.contentId ? files.slice(0, 1) : files) {
        const upload = new TusUpload(file, this.scope, this.contentId || undefined);
        const same = this.uploads.find(({ fingerprint }) => fingerprint === upload.fingerprint);
        if (same && !["done", "cancelled"].includes(same.state)) {
          if (!same.active && same.state !== "waiting") this.go(same);
          continue;
        }
        if (same) this.drop(same);
        this.kept = this.kept.filter(({ fingerprint }) => fingerprint !== upload.fingerprint);
        this.uploads.push(upload);
      }
      this.pump();
    },
    go(upload) {
      upload.state = "waiting";
      this.pump();
    },
    // The next in line, two at a time.
    pump() {
      let under_way = this.uploads.filter((upload) => upload.active).length;
      for (const upload of this.uploads) {
        if (under_way >= AT_ONCE) return;
        if (upload.state !== "waiting") continue;
        under_way += 1;
        upload.start().then(() => {
          if (upload.state === "done") {
            this.$emit("made", upload.made);
            setTimeout(() => this.drop(upload), SEEN_MS);
          }
          this.pump();
        });
      }
    },
    cancel(upload) {
      upload.cancel();
      this.drop(upload);
      this.pump();
    },
    drop(upload) { this.uploads = this.uploads.filter((other) => other !== upload); },
    forgetKept(upload) {
      forget(upload.fingerprint);
      this.kept = this.kept.filter((other) => other !== upload);
      fetch(upload.address, { method: "DELETE", headers: { "Tus-Resumable": "1.0.0" } }).catch(() => {});
    },
    words(upload) {
      const of = `${bytes(upload.sent)} of ${bytes(upload.size)}`;
      switch (upload.state) {
        case "waiting": return `${bytes(upload.size)}, waits for its turn`;
        case "sending": {
          if (!upload.rate) return of;
          return `${of} · ${bytes(Math.round(upload.rate))}/s · ${left((upload.size - upload.sent) / upload.rate)}`;
        }
        case "again": return `${of}. ${upload.why} Trying again by itself.`;
        case "paused": return `${of}, paused`;
        case "finishing": return `${bytes(upload.size)}, all there`;
        case "done": return `${bytes(upload.size)}, uploaded`;
        default: return upload.why;
      }
    },
  },
};
