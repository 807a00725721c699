// Plays what it is given, as a screen would: each for its time, with its transition, in its window. In the browser
// alone. Nothing of it is loaded before somebody presses play, but a small picture of the first.
const TICK_MS = 100;
const PATIENCE_MS = 4000;
const length = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds + 0.05));
  const minutes = Math.floor(whole / 60);
  const two = (number) => String(number).padStart(2, "0");
  return whole >= 3600 ? `${Math.floor(whole / 3600)}:${two(minutes % 60)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
};

export default {
  template: `
    <div class="preview-box" data-testid="preview" :data-state="state" :data-item="now ? now.item : null">
      <div class="preview-stage" ref="stage" @click="press">
        <Transition :name="'seen-' + (now ? now.transition : 'cut')">
          <div v-if="now" :key="turn" class="preview-layer">
            <p v-if="broken" class="preview-words">{{ broken }}</p>
            <img v-else-if="now.kind === 'image'" :src="now.url" alt="" @load="begun" @error="fail('The picture cannot be loaded.')">
            <video v-else-if="now.kind === 'video' || now.kind === 'stream'" ref="film" :src="now.url" muted autoplay loop playsinline
              @playing="begun" @error="fail(now.kind === 'stream' ? 'This browser cannot play the stream. A screen may.' : 'The film cannot be played here.')"></video>
            <iframe v-else :src="now.url" sandbox="allow-scripts" referrerpolicy="no-referrer" :title="now.name" @load="begun"></iframe>
          </div>
          <div v-else class="preview-layer preview-still" key="still">
            <img v-if="items.length && items[0].thumb && items[0].thumb !== lost" :src="items[0].thumb" alt="" @error="lost = items[0].thumb">
            <span v-if="items.length" class="preview-big" aria-hidden="true"><svg viewBox="0 0 24 24" class="icon" fill="currentColor"><path d="M8 5l11 7-11 7z"/></svg></span>
            <p v-else class="preview-words">{{ empty }}</p>
          </div>
        </Transition>
      </div>
      <div class="preview-progress" aria-hidden="true"><span :style="{ width: part + '%' }"></span></div>
      <div class="preview-bar">
        <button type="button" class="btn btn-quiet btn-icon" :aria-label="state === 'playing' ? 'Pause' : 'Play'" :title="state === 'playing' ? 'Pause' : 'Play'"
          :disabled="!items.length" data-testid="preview-play" @click="press">
          <svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true"><path :d="state === 'playing' ? 'M8 5v14M16 5v14' : 'M7 4.5l12 7.5-12 7.5z'"/></svg></button>
        <button type="button" class="btn btn-quiet btn-icon" aria-label="Next" title="Next" :disabled="!now" data-testid="preview-next" @click="next()">
          <svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true"><path d="M6 5l9 7-9 7zM18 5v14"/></svg></button>
        <span class="preview-said"><span class="preview-name" data-testid="preview-name">{{ now ? now.name : idle }}</span>
          <span v-if="now" class="preview-time num">{{ clock }}</span></span>
        <button type="button" class="btn btn-quiet btn-icon" aria-label="Whole window" title="Whole window" :disabled="!items.length" @click="widen">
          <svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"
            stroke-linejoin="round" aria-hidden="true"><path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/></svg></button>
      </div>
    </div>`,
  props: { items: Array, shuffle: Boolean, idle: String, empty: String },
  data() {
    return { now: null, state: "stopped", turn: 0, played: 0, broken: "", loading: false, lost: "" };
  },
  computed: {
    part() {
      return this.now ? Math.min(100, (100 * this.played) / this.now.seconds) : 0;
    },
    clock() {
      return `${length(this.played)} / ${length(this.now.seconds)}`;
    },
  },
  watch: {
    items() {
      // The draft was changed: what is on the stage stays until its time, which may be another now, is over.
      this.order = null;
      if (!this.now) return;
      const same = this.items.find((item) => item.id === this.now.id);
      if (same) this.now = same;
      else this.next();
    },
    now(now) {
      window.dispatchEvent(new CustomEvent("clarion-preview", { detail: now?.item ?? null }));
    },
  },
  mounted() {
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.last = performance.now();
  },
  unmounted() {
    clearInterval(this.timer);
    window.dispatchEvent(new CustomEvent("clarion-preview", { detail: null }));
  },
  methods: {
    // Begin with this item of the draft, or go on.
    play(item) {
      const first = this.items.find((one) => one.item === item);
      if (first) this.show(first);
      else if (!this.now) this.next();
      if (this.now) this.state = "playing";
    },
    press() {
      if (!this.items.length) return;
      if (this.state === "playing") {
        this.state = "paused";
        this.$refs.film?.pause();
        return;
      }
      this.play(null);
      this.$refs.film?.play().catch(() => {});
    },
    show(item) {
      this.now = item;
      this.turn += 1;
      this.played = 0;
      this.broken = "";
      this.loading = true;
      this.since = performance.now();
    },
    begun() {
      this.loading = false;
      const after = this.after();
      if (after?.kind === "image") new Image().src = after.url;
    },
    fail(words) {
      this.broken = words;
      this.loading = false;
    },
    plays(item) {
      const now = Date.now();
      return (item.from_ms ?? 0) <= now && now < (item.until_ms ?? Infinity);
    },
    round() {
      const order = this.items.map((_, index) => index);
      if (this.shuffle) {
        for (let last = order.length - 1; last > 0; last -= 1) {
          const other = Math.floor(Math.random() * (last + 1));
          [order[last], order[other]] = [order[other], order[last]];
        }
      }
      return order;
    },
    after() {
      this.order ??= this.round();
      const here = this.order.findIndex((index) => this.items[index].id === this.now?.id);
      for (let step = 1; step <= this.order.length; step += 1) {
        const item = this.items[this.order[(here + step) % this.order.length]];
        if (this.plays(item)) return item;
      }
      return null;
    },
    next() {
      const after = this.items.length ? this.after() : null;
      if (after) this.show(after);
      else {
        this.now = null;
        this.state = "stopped";
      }
    },
    tick() {
      const now = performance.now();
      const passed = (now - this.last) / 1000;
      this.last = now;
      if (this.state !== "playing" || !this.now) return;
      if (this.loading && now - this.since > PATIENCE_MS) this.loading = false;
      if (this.loading) return;
      this.played += passed;
      if (this.played >= this.now.seconds) this.next();
    },
    widen() {
      if (document.fullscreenElement) document.exitFullscreen();
      else this.$refs.stage.requestFullscreen?.();
      if (this.state !== "playing") this.play(null);
    },
  },
};
