// The live table of screens. Rows are fetched once; after that the server sends whole rows that changed, and they
// are applied as AG Grid transactions, so scrolling, selection, sorting and focus stay where they are.
import * as AgGrid from "nicegui-aggrid";

const theme = AgGrid.themeQuartz.withParams({
  accentColor: "var(--accent)",
  backgroundColor: "var(--surface)",
  foregroundColor: "var(--text)",
  borderColor: "var(--line)",
  browserColorScheme: "inherit",
  chromeBackgroundColor: "var(--surface)",
  headerBackgroundColor: "var(--sunken)",
  headerTextColor: "var(--muted)",
  headerFontWeight: 600,
  headerFontSize: 12,
  headerHeight: 36,
  rowHeight: 42,
  rowHoverColor: "var(--hover)",
  selectedRowBackgroundColor: "var(--accent-soft)",
  cellHorizontalPadding: 12,
  fontFamily: "inherit",
  fontSize: 13,
  wrapperBorder: false,
  wrapperBorderRadius: 0,
  headerColumnBorder: false,
  columnBorder: false,
  rowBorder: { color: "var(--line-soft)" },
  checkboxBorderRadius: 4,
});

const element = (name, classes, text) => {
  const made = document.createElement(name);
  if (classes) made.className = classes;
  if (text) made.textContent = text;
  return made;
};

// One collator for all: `localeCompare` with options makes one for each of the sixty thousand comparisons of a sort,
// which kept the browser busy half of the time.
const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const compare = (a, b) =>
  typeof a === "string" || typeof b === "string" ? words.compare(a ?? "", b ?? "") : (a ?? 0) - (b ?? 0);
// Rows that are equal are in the order of their names, whichever way the column is sorted. No two rows are ever equal:
// a row that changed is put in its place among the others (`deltaSort`), and would wander among its equals.
const inOrder = (a, b, one, other, descending) =>
  compare(a, b) ||
  (compare(one.data.name, other.data.name) || (one.id < other.id ? -1 : 1)) * (descending ? -1 : 1);

// Columns that give way first when the table is narrow: the smallest width that still shows them. Below NARROW a
// row is two lines in one column.
const NEEDS = { plat: 1340, groups: 1240, seen: 1120, list: 1000, site: 860, pend: 760, play: 640, on: 560 };
const NARROW = 560;

export default {
  template: "<div></div>",
  props: { rowsUrl: String, zone: String, state: String, search: String },
  mounted() {
    AgGrid.ModuleRegistry.registerModules([AgGrid.AllCommunityModule]);
    this.waiting = [];
    this.loaded = false;
    this.shown = this.state ?? "all";
    this.site = "";
    this.alerts = false;
    const zone = this.zone ? { timeZone: this.zone } : {};
    this.clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", ...zone });
    this.day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", ...zone });
    this.api = AgGrid.createGrid(this.$el, this.options());
    this.api.setGridOption("loading", true);
    this.resizing = new ResizeObserver(() => this.fit());
    this.resizing.observe(this.$el);
    this.load();
  },
  unmounted() {
    this.resizing.disconnect();
    clearTimeout(this.retry);
    this.api?.destroy();
  },
  methods: {
    options() {
      const text = (field, headerName, more) => ({ field, headerName, ...more });
      return {
        theme,
        rowData: [],
        getRowId: (params) => params.data.id,
        animateRows: false,
        suppressCellFocus: false,
        suppressDragLeaveHidesColumns: true,
        suppressScrollOnNewData: true,
        // What changed is sorted in, a hundred rows among five thousand, instead of all anew ten times a second.
        deltaSort: true,
        rowSelection: { mode: "multiRow", checkboxes: true, headerCheckbox: true, selectAll: "filtered" },
        selectionColumnDef: { width: 44, minWidth: 44, maxWidth: 44, pinned: "left", resizable: false },
        defaultColDef: { sortable: true, resizable: true, suppressHeaderMenuButton: true, minWidth: 80, comparator: inOrder },
        columnDefs: [
          text("name", "Screen", { flex: 2.1, minWidth: 170, sort: "asc", cellRenderer: this.nameCell, equals: (a, b) => !this.narrow && a === b,
            getQuickFilterText: ({ data }) => [data.name, data.loc, data.tags, data.sim ? "simulated" : ""].join(" ") }),
          text("on", "Status", { flex: 2.4, minWidth: 170, cellRenderer: this.statusCell, sortingOrder: ["asc", "desc"],
            equals: () => false,
            getQuickFilterText: ({ data }) => [data.on ? "online" : "offline", data.why, data.unst ? "unstable" : ""].join(" ") }),
          text("alert", "Alert", { flex: 2, minWidth: 118, cellRenderer: this.alertCell, equals: () => false, hide: true }),
          text("play", "Now playing", { flex: 1.6, minWidth: 120, cellRenderer: this.playCell, equals: () => false }),
          text("list", "Playlist", { flex: 1.5, minWidth: 130, cellRenderer: this.listCell, equals: () => false,
            getQuickFilterText: ({ data }) => [data.list, data.num ? "#" + data.num : "", data.lag ? "behind" : ""].join(" ") }),
          text("site", "Site", { flex: 1.4, minWidth: 90 }),
          text("groups", "Groups", { flex: 1, minWidth: 90 }),
          text("pend", "Pending", { width: 92, cellClass: "num", headerClass: "num", getQuickFilterText: () => "" }),
          text("seen", "Last seen", { width: 104, cellClass: "num", headerClass: "num", getQuickFilterText: () => "",
            valueFormatter: ({ value }) => this.moment(value) }),
          text("plat", "Platform", { width: 116, cellRenderer: this.platformCell }),
        ],
        isExternalFilterPresent: () => this.shown !== "all" || this.site !== "",
        doesExternalFilterPass: ({ data }) => this.passes(data),
        onSelectionChanged: () => this.$emit("selected", this.api.getSelectedNodes().length),
        onModelUpdated: () => this.tellCount(),
        onCellKeyDown: ({ event, data, column }) => {
          if (event.key === "Enter" && column.getColId() === "name") location.href = "/screens/" + data.id;
        },
        onRowDoubleClicked: ({ data }) => { location.href = "/screens/" + data.id; },
        quickFilterText: this.search,
        overlayNoRowsTemplate: '<span class="grid-empty">No screen matches.</span>',
      };
    },
    async load() {
      try {
        const answer = await fetch(this.rowsUrl, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.statusText);
        this.api.setGridOption("rowData", await answer.json());
      } catch {
        this.retry = setTimeout(() => this.load(), 1000);
        return;
      }
      this.api.setGridOption("loading", false);
      this.loaded = true;
      for (const [rows, removed] of this.waiting.splice(0)) this.upsert(rows, removed);
      this.tellCount();
    },
    upsert(rows, removed) {
      if (!this.loaded) {
        this.waiting.push([rows, removed]);
        return;
      }
      const add = [], update = [];
      for (const row of rows) (this.api.getRowNode(row.id) ? update : add).push(row);
      const remove = removed.filter((id) => this.api.getRowNode(id)).map((id) => ({ id }));
      this.api.applyTransaction({ add, update, remove });
    },
    find(text) {
      this.api.setGridOption("quickFilterText", text);
    },
    filter(state, site) {
      this.shown = state;
      this.site = site;
      this.api.onFilterChanged();
    },
    passes(data) {
      if (this.site && data.site !== this.site) return false;
      switch (this.shown) {
        case "online": return data.on;
        case "offline": return !data.on;
        case "unstable": return Boolean(data.unst);
        case "playing": return data.on && data.state === "playing";
        case "lagging": return Boolean(data.lag);
        case "alerted": return data.alert === "shown" || data.alert === "clearing";
        case "missing": return data.alert === "missing";
        default: return true;
      }
    },
    selectedIds() {
      return this.api.getSelectedNodes().map((node) => node.id);
    },
    clearSelection() {
      this.api.deselectAll();
    },
    tellCount() {
      if (!this.loaded) return;
      const count = this.api?.getDisplayedRowCount() ?? 0;
      if (count === this.counted) return;
      this.counted = count;
      if (count) this.api.hideOverlay();
      else this.api.showNoRowsOverlay();
      this.$emit("counted", count);
    },
    showAlerts(on) {
      this.alerts = on;
      this.api.setColumnsVisible(["alert"], on && !this.narrow);
    },
    fit() {
      const width = this.$el.clientWidth;
      if (!width || width === this.fitted) return;
      this.fitted = width;
      const hidden = Object.keys(NEEDS).filter((column) => width < NEEDS[column]);
      this.api.setColumnsVisible(hidden, false);
      this.api.setColumnsVisible(Object.keys(NEEDS).filter((column) => !hidden.includes(column)), true);
      const narrow = width < NARROW;
      const chips = hidden.includes("plat");
      if (narrow === this.narrow && chips === this.chips) return;
      this.narrow = narrow;
      this.chips = chips;
      this.showAlerts(this.alerts);
      this.api.setGridOption("rowHeight", narrow ? 58 : 42);
      this.api.resetRowHeights();
      this.api.refreshCells({ force: true, columns: ["name"] });
    },
    moment(ms) {
      if (!ms) return "";
      const at = new Date(ms);
      const time = this.clock.format(at);
      return Date.now() - ms < 86400000 && this.day.format(at) === this.day.format(new Date())
        ? time : this.day.format(at) + " " + time;
    },
    standing(data) {
      return data.on ? (data.unst ? "unstable" : "online") : "offline";
    },
    // Of a screen that is unstable one wants to know that, and since when; not since when its latest connection is.
    since(data) {
      const unstable = data.unst ? "since " + this.moment(data.unst) + ": " + data.unstWhy : "";
      if (data.on && unstable) return unstable;
      const away = [data.since ? "since " + this.moment(data.since) : "", data.why].filter(Boolean).join(", ");
      return unstable ? away + "; unstable " + unstable : away;
    },
    nameCell({ data }) {
      const cell = element("span", "cell");
      const link = element("a", "cell-link", data.name);
      link.href = "/screens/" + data.id;
      cell.append(link);
      if (data.sim && this.chips) cell.append(element("span", "chip", "simulated"));
      if (!this.narrow) return cell;
      const both = element("span", "cell-two");
      const state = this.alertCell({ data }) || element("span", "cell");
      if (!data.alert) {
        state.append(element("span", "dot dot-" + { online: "ok", unstable: "warn", offline: "bad" }[this.standing(data)]));
        state.append(element("span", "cell-note", this.standing(data) + " " + this.since(data)));
      }
      if (data.lag) cell.append(element("span", "pill pill-warn", "behind"));
      both.append(cell, state);
      return both;
    },
    statusCell({ data }) {
      const cell = element("span", "cell");
      const [tone, word] = { online: ["ok", "Online"], unstable: ["warn", "Unstable"], offline: ["bad", "Offline"] }[this.standing(data)];
      cell.append(element("span", "pill pill-" + tone, word));
      if (data.unst && !data.on) cell.append(element("span", "pill pill-warn", "unstable"));
      cell.append(element("span", "cell-note", this.since(data)));
      cell.title = word + " " + this.since(data);
      return cell;
    },
    alertCell({ data }) {
      const words = { shown: "Shows the alert", waiting: "Waiting…", clearing: "Still shows it", missing: "Not shown" };
      if (!data.alert) return "";
      const cell = element("span", "cell");
      cell.append(element("span", "pill pill-alert-" + data.alert, words[data.alert]));
      if (data.alertWhy) cell.append(element("span", "cell-note", data.alertWhy));
      cell.title = data.alertWhy ?? "";
      return cell;
    },
    playCell({ data }) {
      return element("span", data.on ? "cell-text" : "cell-text cell-stale", data.play);
    },
    // Which playlist it plays, in which version; and whether that is not the newest for it yet.
    listCell({ data }) {
      const cell = element("span", "cell");
      cell.append(element("span", data.on ? "cell-text" : "cell-text cell-stale", data.list));
      if (data.num) cell.append(element("span", "cell-number", "#" + data.num));
      if (!data.lag) return cell;
      cell.append(element("span", "pill pill-warn", "behind"));
      cell.title = "Behind since " + this.moment(data.lag);
      return cell;
    },
    platformCell({ data }) {
      return data.sim ? element("span", "chip", "simulated") : element("span", "cell-text", data.plat ?? "");
    },
  },
};
