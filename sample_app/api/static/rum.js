// Measures the web vitals of this page view and sends them once, when the page is first hidden or left.
//
//   <script src="/static/rum.js" data-endpoint="/rum" data-page="/demo" defer></script>
//
// data-endpoint: where to send, /rum by default. data-page: the page's name, its path by default.
// Sends {"page": "/demo", "metrics": [{"name": "LCP", "value": 1234.5}]}; values in milliseconds, CLS without a unit.
// What happens after the page was first hidden is not measured: every page view counts once.
(() => {
  "use strict";

  const script = document.currentScript;
  const endpoint = (script && script.dataset.endpoint) || "/rum";
  const page = (script && script.dataset.page) || location.pathname;

  const LONGEST_MS = 600000;
  const GAP_MS = 1000;
  const WINDOW_MS = 5000;
  const SLOWEST_KEPT = 10;
  const INTERACTIONS_PER_OUTLIER = 50;

  const vitals = new Map();
  const observers = [];
  let hiddenAt = document.visibilityState === "hidden" ? 0 : Infinity;
  let sent = false;

  const navigation = performance.getEntriesByType("navigation")[0];
  const activatedAt = (navigation && navigation.activationStart) || 0;

  function sinceActivation(time) {
    return Math.max(0, time - activatedAt);
  }

  function observe(type, options, handle) {
    if (!window.PerformanceObserver || !(PerformanceObserver.supportedEntryTypes || []).includes(type)) {
      return false;
    }
    const observer = new PerformanceObserver((list) => handle(list.getEntries()));
    observer.observe({ type, buffered: true, ...options });
    observers.push({ observer, handle });
    return true;
  }

  // Time to first byte.
  if (navigation && navigation.responseStart > 0) {
    vitals.set("TTFB", sinceActivation(navigation.responseStart));
  }

  // First contentful paint.
  observe("paint", {}, (entries) => {
    for (const entry of entries) {
      if (entry.name === "first-contentful-paint" && entry.startTime < hiddenAt) {
        vitals.set("FCP", sinceActivation(entry.startTime));
      }
    }
  });

  // Largest contentful paint: the last candidate; the browser stops at the first interaction.
  observe("largest-contentful-paint", {}, (entries) => {
    for (const entry of entries) {
      if (entry.startTime < hiddenAt) {
        vitals.set("LCP", sinceActivation(entry.startTime));
      }
    }
  });

  // Cumulative layout shift: the worst window of shifts less than 1 s apart and at most 5 s in all.
  let windowSum = 0;
  let windowStart = 0;
  let lastShift = -Infinity;
  let worstWindow = 0;
  const seesShifts = observe("layout-shift", {}, (entries) => {
    for (const entry of entries) {
      if (entry.hadRecentInput) {
        continue;
      }
      if (entry.startTime - lastShift >= GAP_MS || entry.startTime - windowStart >= WINDOW_MS) {
        windowSum = 0;
        windowStart = entry.startTime;
      }
      windowSum += entry.value;
      lastShift = entry.startTime;
      worstWindow = Math.max(worstWindow, windowSum);
    }
  });

  // Interaction to next paint: the slowest interaction, leaving out one of every fifty.
  const slowest = new Map();
  let firstId = Infinity;
  let lastId = 0;
  function interactions(entries) {
    for (const entry of entries) {
      if (!entry.interactionId) {
        continue;
      }
      firstId = Math.min(firstId, entry.interactionId);
      lastId = Math.max(lastId, entry.interactionId);
      slowest.set(entry.interactionId, Math.max(entry.duration, slowest.get(entry.interactionId) || 0));
      if (slowest.size > SLOWEST_KEPT) {
        slowest.delete([...slowest].reduce((least, one) => (one[1] < least[1] ? one : least))[0]);
      }
    }
  }
  observe("event", { durationThreshold: 16 }, interactions);
  observe("first-input", {}, interactions);

  function interactionToNextPaint() {
    const durations = [...slowest.values()].sort((one, other) => other - one);
    // Ids of interactions lie 7 apart where the browser does not count them itself.
    const count = performance.interactionCount || (lastId ? Math.round((lastId - firstId) / 7) + 1 : 0);
    return durations[Math.min(durations.length - 1, Math.floor(count / INTERACTIONS_PER_OUTLIER))];
  }

  function finish() {
    for (const { observer, handle } of observers) {
      handle(observer.takeRecords());
      observer.disconnect();
    }
    if (seesShifts && vitals.has("FCP")) {
      vitals.set("CLS", worstWindow);
    }
    if (slowest.size) {
      vitals.set("INP", interactionToNextPaint());
    }
  }

  function send() {
    if (sent) {
      return;
    }
    sent = true;
    finish();
    const metrics = [...vitals]
      .filter(([, value]) => Number.isFinite(value) && value >= 0 && value <= LONGEST_MS)
      .map(([name, value]) => ({ name, value: Math.round(value * 10000) / 10000 }));
    if (!metrics.length) {
      return;
    }
    const body = JSON.stringify({ page, metrics });
    if (!(navigator.sendBeacon && navigator.sendBeacon(endpoint, body))) {
      fetch(endpoint, { method: "POST", body, keepalive: true }).catch(() => {});
    }
  }

  addEventListener(
    "visibilitychange",
    () => {
      if (document.visibilityState === "hidden") {
        hiddenAt = Math.min(hiddenAt, performance.now());
        send();
      }
    },
    true,
  );
  addEventListener("pagehide", send, true);
})();
