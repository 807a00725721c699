// The draft of a playlist. A row is dragged by its grip with a finger or a mouse, or moved by the arrow keys while the
// grip has the focus, or by its buttons; the new place is shown at once, and put right by what the server says.
const EDGE_PX = 70;
const PICTURES = {
  playlist: "M4 6h16M4 11h10M4 16h7M15.5 14v6l5-3z",
  tag: "M4 4h8l8 8-8 8-8-8zM8.5 8.5v.1",
  web: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM3.5 12h17M12 3.5c-5 5-5 12 0 17M12 3.5c5 5 5 12 0 17",
  html: "M9 7l-5 5 5 5M15 7l5 5-5 5",
  stream: "M12 10.5v3M8 8a5.5 5.5 0 0 0 0 8M16 8a5.5 5.5 0 0 1 0 8M5 5a10 10 0 0 0 0 14M19 5a10 10 0 0 1 0 14",
  video: "M3 6h12v12H3zM15 10.5l6-3.5v10l-6-3.5z",
  image: "M3 5h18v14H3zM3 15.5l5-4.5 4.5 4 3-2.5 5.5 4.5M15.5 8.2v.3",
};

export default {
  template: `
    <div class="timeline-box">
      <div v-if="total" class="shares" aria-hidden="true">
        <button v-for="row in shown" :key="row.id" v-show="row.share" type="button" tabindex="-1"
          :class="['share', 'share-' + row.kind, { 'share-plays': row.id === plays }]" :style="{ flexGrow: row.share }"
          :title="row.title + ', ' + row.length" @click="look(row.id)"></button>
      </div>
      <TransitionGroup tag="ol" name="piece" class="pieces" ref="list" data-testid="timeline">
        <li v-for="(row, place) in shown" :key="row.id" :data-item="row.id" data-testid="item"
          :class="['piece', { 'piece-off': !row.on || row.problem, 'piece-held': row.id === held, 'piece-plays': row.id === plays }]">
          <button v-if="editable" type="button" class="piece-grip" data-testid="item-grip" aria-roledescription="sortable"
            :aria-label="row.title + ', place ' + (place + 1) + ' of ' + shown.length + '. Up and Down move it.'"
            @pointerdown="take($event, row.id)" @keydown="key($event, row.id)">
            <svg viewBox="0 0 24 24" class="icon" fill="currentColor" aria-hidden="true"><circle cx="9" cy="6" r="1.6"/>
              <circle cx="15" cy="6" r="1.6"/><circle cx="9" cy="12" r="1.6"/><circle cx="15" cy="12" r="1.6"/>
              <circle cx="9" cy="18" r="1.6"/><circle cx="15" cy="18" r="1.6"/></svg>
          </button>
          <button type="button" class="piece-thumb" :aria-label="'Preview from ' + row.title" title="Preview from here"
            data-testid="item-play" @click="$emit('play', row.id)">
            <img v-if="row.thumb && !lost[row.thumb]" :src="row.thumb" alt="" loading="lazy" @error="lost[row.thumb] = true">
            <svg v-else viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor" stroke-width="1.6"
              stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path :d="picture(row)"/></svg>
            <span class="piece-number">{{ place + 1 }}</span>
          </button>
          <div class="piece-words">
            <a v-if="row.href" class="piece-title" :href="row.href" data-testid="item-title">{{ row.title }}</a>
            <span v-else class="piece-title" data-testid="item-title">{{ row.title }}</span>
            <span class="piece-note">
              <span>{{ row.note }}</span>
              <span v-for="chip in row.chips" class="chip">{{ chip }}</span>
              <span v-if="row.window" class="chip chip-warn">{{ row.window }}</span>
              <button v-if="row.newer && editable" type="button" class="chip chip-new" :title="'Edit ' + row.title" data-testid="item-newer"
                @click="$emit('edit', row.id)">{{ row.newer }}</button>
              <span v-if="!row.on" class="chip">switched off</span>
            </span>
            <span v-if="row.problem" class="piece-problem" data-testid="item-problem">{{ row.problem }}</span>
          </div>
          <span class="piece-start num" title="Begins after">{{ row.start }}</span>
          <input v-if="editable && !row.fixed" class="input piece-length num" :value="typing === row.id ? typed : row.length"
            inputmode="decimal" @blur="typing = null" @input="typed = $event.target.value"
            :aria-label="'How long ' + row.title + ' plays'" :title="row.own ? 'As long as it is by itself' : 'How long it plays'"
            :data-own="row.own ? '' : null" data-testid="item-length" @focus="type($event, row)"
            @keydown.enter="$event.target.blur()" @keydown.esc="leave($event, row)" @change="$emit('length', row.id, $event.target.value)">
          <span v-else class="piece-length piece-fixed num" data-testid="item-length">{{ row.length }}</span>
          <div v-if="editable" class="piece-acts">
            <button type="button" class="btn btn-quiet btn-mini" aria-label="Move up" title="Move up" data-testid="item-up"
              :disabled="place === 0" @click="step(row.id, -1)"><svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor"
              stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M6 15l6-6 6 6"/></svg></button>
            <button type="button" class="btn btn-quiet btn-mini" aria-label="Move down" title="Move down" data-testid="item-down"
              :disabled="place === shown.length - 1" @click="step(row.id, 1)"><svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor"
              stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M6 9l6 6 6-6"/></svg></button>
            <button type="button" role="switch" class="switch" :aria-checked="row.on ? 'true' : 'false'" data-testid="item-switch"
              :aria-label="row.title + ' is switched on'" :title="row.on ? 'Switch off' : 'Switch on'"
              @click="$emit('enable', row.id, !row.on)"></button>
            <button type="button" class="btn btn-quiet btn-mini" aria-label="Edit" title="Edit" data-testid="item-edit"
              @click="$emit('edit', row.id)"><svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor" stroke-width="1.8"
              stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M4 20l1-4L16 5l3 3L8 19z"/></svg></button>
            <button type="button" class="btn btn-quiet btn-mini" aria-label="Take out" title="Take out" data-testid="item-remove"
              @click="$emit('remove', row.id)"><svg viewBox="0 0 24 24" class="icon" fill="none" stroke="currentColor" stroke-width="1.8"
              stroke-linecap="round" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18"/></svg></button>
          </div>
        </li>
      </TransitionGroup>
      <p class="sr-only" role="status">{{ said }}</p>
    </div>`,
  props: { draft: Object, editable: Boolean },
  emits: ["move", "length", "enable", "edit", "remove", "play"],
  data() {
    return { shown: this.draft.rows, held: null, plays: null, said: "", typing: null, typed: "", lost: {} };
  },
  computed: {
    total() {
      return this.shown.reduce((sum, row) => sum + row.share, 0);
    },
  },
  watch: {
    draft({ rows, heard }) {
      // Rows of before a move that the server has not heard of would take it back under the next key; its answer comes.
      if (heard < this.asked) return;
      // Whatever is being dragged stays in the hand.
      if (this.held === null) this.shown = rows;
      else this.later = rows;
    },
  },
  created() {
    this.asked = 0;
  },
  mounted() {
    this.previewed = (event) => { this.plays = event.detail; };
    window.addEventListener("clarion-preview", this.previewed);
  },
  unmounted() {
    window.removeEventListener("clarion-preview", this.previewed);
    this.drop?.(false);
  },
  methods: {
    picture(row) {
      return PICTURES[row.kind] ?? PICTURES.image;
    },
    piece(id) {
      return this.$el.querySelector(`[data-item="${CSS.escape(id)}"]`);
    },
    look(id) {
      this.piece(id)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    },
    // What is being typed stays, whatever is drawn meanwhile.
    type(event, row) {
      this.typing = row.id;
      this.typed = row.length;
      this.$nextTick(() => event.target.select());
    },
    leave(event, row) {
      event.target.value = this.typed = row.length;
      event.target.blur();
    },
    place(id) {
      return this.shown.findIndex((row) => row.id === id);
    },
    put(id, to) {
      const from = this.place(id);
      if (from < 0 || to < 0 || to >= this.shown.length || from === to) return false;
      const rows = [...this.shown];
      rows.splice(to, 0, ...rows.splice(from, 1));
      this.shown = rows;
      this.said = `${rows[to].title}: place ${to + 1} of ${rows.length}`;
      return true;
    },
    ask(id, to) {
      this.asked += 1;
      this.$emit("move", id, to);
    },
    step(id, by) {
      const to = this.place(id) + by;
      if (this.put(id, to)) this.ask(id, to);
    },
    key(event, id) {
      const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      const grip = event.currentTarget;
      this.step(id, by);
      // A row that is moved in the document loses the focus.
      this.$nextTick(() => grip.focus());
    },
    take(event, id) {
      if (event.button !== 0 || this.held !== null) return;
      event.preventDefault();
      event.currentTarget.focus();
      const began = this.place(id);
      const box = this.$el.closest(".main");
      const before = this.shown;
      let pointer = event.clientY, frame = 0;
      this.held = id;
      this.later = null;
      const settle = () => {
        // By the places that rows have in the list, not by where they fly.
        const others = [...this.$el.querySelectorAll(".piece")].filter((piece) => piece.dataset.item !== id);
        const list = this.$el.querySelector(".pieces").getBoundingClientRect().top;
        const held = this.piece(id).offsetTop;
        const y = pointer - list;
        const to = others.filter((piece) => {
          const height = piece.offsetHeight;
          const top = piece.offsetTop;
          return y > (top > held ? top + height * 0.35 : top + height * 0.65);
        }).length;
        this.put(id, to);
      };
      const scroll = () => {
        const edge = box?.getBoundingClientRect();
        if (edge) {
          const by = pointer < edge.top + EDGE_PX ? -1 : pointer > edge.bottom - EDGE_PX ? 1 : 0;
          if (by) {
            box.scrollTop += by * 9;
            settle();
          }
        }
        frame = requestAnimationFrame(scroll);
      };
      const moved = (e) => {
        pointer = e.clientY;
        settle();
      };
      const keys = (e) => { if (e.key === "Escape") this.drop(false); };
      const up = () => this.drop(true);
      const lost = () => this.drop(false);
      this.drop = (keep) => {
        this.drop = null;
        cancelAnimationFrame(frame);
        window.removeEventListener("pointermove", moved);
        window.removeEventListener("pointerup", up);
        window.removeEventListener("pointercancel", lost);
        window.removeEventListener("keydown", keys);
        this.held = null;
        const to = this.place(id);
        if (keep && to !== began) this.ask(id, to);
        else this.shown = this.later ?? before;
      };
      window.addEventListener("pointermove", moved);
      window.addEventListener("pointerup", up);
      window.addEventListener("pointercancel", lost);
      window.addEventListener("keydown", keys);
      frame = requestAnimationFrame(scroll);
    },
  },
};
