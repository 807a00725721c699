// The map of sites: its ground (lines of latitude and longitude, scale, tiles if some can be reached) and the
// sites on it. Loaded once Leaflet is there; dashboard/components/site_map.py says what is on it.
(() => {
  const L = window.L;
  const LINES_EVERY_PX = 110;
  const STEPS = [45, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005];
  const TILES_WITHIN_MS = 5000;
  const GRAVITY = { bad: 3, warn: 2, ok: 1 };
  const CHOSEN = 10;

  const text = (degrees, step, positive, negative) => {
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    return `${Math.abs(degrees).toFixed(digits)}°${degrees > 1e-9 ? positive : degrees < -1e-9 ? negative : ""}`;
  };
  const across = (longitude) => ((((longitude + 180) % 360) + 360) % 360) - 180;

  // The lines lie below the tiles: where a tile is missing they show, and never an empty grey square.
  const Ground = L.Layer.extend({
    initialize(options) { L.setOptions(this, options); },

    onAdd(map) {
      this._map = map;
      const pane = map.getPane("lines") ?? map.createPane("lines");
      pane.classList.add("leaflet-zoom-hide");
      this._svg = L.SVG.create("svg");
      this._svg.classList.add("map-lines");
      pane.appendChild(this._svg);
      map.attributionControl.setPrefix(false);
      L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
      this._say(map);
      map.on("move zoomend viewreset resize", this._draw, this);
      if (this.options.tiles) this._lay(map);
      this._draw();
    },

    onRemove(map) {
      map.off("move zoomend viewreset resize", this._draw, this);
      clearTimeout(this._waiting);
      this._svg.remove();
    },

    _say(map) {
      const Note = L.Control.extend({ onAdd: () => {
        this._note = L.DomUtil.create("p", "map-note");
        this._note.setAttribute("role", "status");
        this._note.dataset.testid = "map-note";
        return this._note;
      } });
      new Note({ position: "bottomleft" }).addTo(map);
      this._complain(!this.options.tiles);
    },

    _complain(without) {
      if (this._note) this._note.textContent = without ? this.options.note : "";
    },

    _lay(map) {
      let loaded = 0;
      const tiles = L.tileLayer(this.options.tiles, { attribution: this.options.attribution, maxZoom: 19 });
      tiles.on("loading", () => { loaded = 0; });
      tiles.on("tileload", () => { loaded += 1; clearTimeout(this._waiting); this._complain(false); });
      tiles.on("tileerror", () => { if (!loaded) this._complain(true); });
      this._waiting = setTimeout(() => { if (!loaded) this._complain(true); }, TILES_WITHIN_MS);
      tiles.addTo(map);
    },

    _draw() {
      const map = this._map, size = map.getSize();
      if (!size.x || !size.y) return;
      L.DomUtil.setPosition(this._svg, map.containerPointToLayerPoint([0, 0]));
      this._svg.setAttribute("width", size.x);
      this._svg.setAttribute("height", size.y);
      const wanted = LINES_EVERY_PX * 360 / (256 * 2 ** map.getZoom());
      const step = STEPS.findLast((each) => each >= wanted) ?? STEPS[0];
      const bounds = map.getBounds(), middle = map.getCenter(), drawn = [];
      const line = (x1, y1, x2, y2) => {
        const made = L.SVG.create("line");
        for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) made.setAttribute(name, Math.round(value) + 0.5);
        drawn.push(made);
      };
      const label = (x, y, anchor, words) => {
        const made = L.SVG.create("text");
        made.setAttribute("x", Math.round(x));
        made.setAttribute("y", Math.round(y));
        made.setAttribute("text-anchor", anchor);
        made.textContent = words;
        drawn.push(made);
      };
      for (let at = Math.ceil(bounds.getWest() / step) * step; at <= bounds.getEast(); at += step) {
        const { x } = map.latLngToContainerPoint([middle.lat, at]);
        line(x, 0, x, size.y);
        if (x > 56 && x < size.x - 70) label(x + 5, 14, "start", text(across(at), step, "E", "W"));
      }
      const south = Math.max(bounds.getSouth(), -85), north = Math.min(bounds.getNorth(), 85);
      for (let at = Math.ceil(south / step) * step; at <= north; at += step) {
        const { y } = map.latLngToContainerPoint([at, middle.lng]);
        line(0, y, size.x, y);
        if (y > 26 && y < size.y - 40) label(size.x - 6, y - 5, "end", text(at, step, "N", "S"));
      }
      this._svg.replaceChildren(...drawn);
    },
  });

  // Sites as marks with a name. `show` takes all of them as they are now; a mark that is picked says so by an
  // event `site` of the map's element, with the id.
  const Sites = L.LayerGroup.extend({
    initialize(sites, chosen) {
      L.LayerGroup.prototype.initialize.call(this);
      this._sites = sites;
      this._chosen = chosen;
      this._marks = new Map();
    },

    onAdd(map) {
      L.LayerGroup.prototype.onAdd.call(this, map);
      this.show(this._sites);
      this.fit();
      map.on("zoomend moveend resize", this._name, this);
      this._name();
    },

    onRemove(map) {
      map.off("zoomend moveend resize", this._name, this);
      L.LayerGroup.prototype.onRemove.call(this, map);
    },

    show(sites) {
      const there = new Set(sites.map((site) => site.id));
      for (const [id, mark] of this._marks) {
        if (!there.has(id)) { this.removeLayer(mark.marker); this._marks.delete(id); }
      }
      for (const site of sites) {
        const mark = this._marks.get(site.id) ?? this._make(site);
        mark.site = site;
        mark.marker.setLatLng(site.at);
        mark.label.hidden = !site.name;
        mark.name.textContent = site.name;
        mark.count.textContent = site.count;
        mark.marker.getElement().setAttribute("aria-label", [site.name, site.words].filter(Boolean).join(": "));
        mark.marker.getElement().title = [site.name, site.words].filter(Boolean).join(": ");
        this._dress(mark);
      }
      this._name();
    },

    choose(id) {
      this._chosen = id;
      for (const mark of this._marks.values()) this._dress(mark);
      const mark = this._marks.get(id);
      if (mark) this._map.panInside(mark.marker.getLatLng(), { padding: [70, 50], animate: !calm() });
      this._name();
    },

    fit() {
      this._map.invalidateSize({ pan: false });
      const marks = [...this._marks.values()], picked = marks.filter(({ site }) => site.tone === "pick");
      const points = (picked.length ? picked : marks).map((mark) => mark.marker.getLatLng());
      // Room for a name on the right.
      const right = Math.min(140, this._map.getSize().x / 4);
      const options = { paddingTopLeft: [48, 40], paddingBottomRight: [right, 48], maxZoom: 13, animate: false };
      if (points.length) this._map.fitBounds(points, options);
      else this._map.setView([25, 8], 1, { animate: false });
    },

    _make(site) {
      const body = document.createElement("span"), dot = document.createElement("span");
      const label = document.createElement("span"), name = document.createElement("span");
      const count = document.createElement("span");
      body.className = "site-body";
      dot.className = "site-dot";
      label.className = "site-label";
      count.className = "site-count";
      label.append(name, count);
      body.append(dot, label);
      const icon = L.divIcon({ className: "site-mark", html: body, iconSize: [24, 24] });
      // One without a name only shows where others are.
      const marker = L.marker(site.at, { icon, riseOnHover: true, interactive: !!site.name, keyboard: !!site.name });
      const pick = () => this._map.getContainer().dispatchEvent(new CustomEvent("site", { detail: site.id }));
      marker.on("click", pick);
      marker.on("keydown", ({ originalEvent }) => {
        if (originalEvent.key !== "Enter" && originalEvent.key !== " ") return;
        originalEvent.preventDefault();
        pick();
      });
      this.addLayer(marker);
      marker.getElement().dataset.testid = "site-mark";
      const mark = { marker, name, count, label, site };
      this._marks.set(site.id, mark);
      return mark;
    },

    _dress({ marker, site }) {
      const element = marker.getElement();
      for (const tone of ["ok", "warn", "bad", "pick"]) element.classList.toggle(`site-${tone}`, site.tone === tone);
      element.classList.toggle("site-chosen", site.id === this._chosen);
      element.setAttribute("aria-pressed", String(site.id === this._chosen));
      marker.setZIndexOffset(this._weight({ site }) * 1000);
    },

    // A name stands right or left of its mark, where it lies on nothing else; else it is left out, the least
    // grave ones first, and the mark keeps its tooltip.
    _name() {
      if (!this._map) return;
      const size = this._map.getSize();
      const marks = [...this._marks.values()].filter(({ site }) => site.name).map((mark) => {
        const { x, y } = this._map.latLngToContainerPoint(mark.marker.getLatLng());
        return { ...mark, x, y, wide: mark.label.offsetWidth + 15 };
      });
      const taken = marks.map((mark) => ({ mark, left: mark.x - 9, right: mark.x + 9, y: mark.y, high: 9 }));
      marks.sort((one, other) => this._weight(other) - this._weight(one));
      for (const mark of marks) {
        const free = (left, right) => left > 2 && right < size.x - 2 && !taken.some((other) => other.mark !== mark
          && left < other.right + 3 && other.left < right + 3 && Math.abs(mark.y - other.y) < 13 + other.high);
        const right = free(mark.x, mark.x + mark.wide), left = !right && free(mark.x - mark.wide, mark.x);
        const first = this._weight(mark) === CHOSEN;
        const shown = mark.marker.getElement().classList;
        const turned = left || (!right && mark.x + mark.wide > size.x);
        shown.toggle("site-left", turned);
        shown.toggle("site-bare", !right && !left && !first);
        if (right || left || first) {
          taken.push({ mark, left: mark.x - (turned ? mark.wide : 0), right: mark.x + (turned ? 0 : mark.wide), y: mark.y, high: 12 });
        }
      }
    },

    _weight({ site }) { return site.id === this._chosen ? CHOSEN : GRAVITY[site.tone] ?? 0; },
  });

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  L.clarion = {
    ground: (options) => new Ground(options),
    sites: (sites, chosen) => new Sites(sites, chosen),
  };
})();
