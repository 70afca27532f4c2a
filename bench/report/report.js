// Draws the charts of the page. Each stands as JSON beside its canvas (charts.h); all text is in the page already.
'use strict';
(() => {
  const root = document.documentElement;
  root.classList.add('js');

  // ---- Numbers, as the tables have them -------------------------------------------------------------------------

  const threeFigures = (value) => {
    const size = Math.abs(value);
    if (size >= 999.5) return Math.round(value).toLocaleString('en-US');
    return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
  };
  const withUnit = (value, units) => {
    if (value === 0) return '0';
    const unit = units.find(([size], i) => Math.abs(value) / size < 999.5 || i === units.length - 1);
    return `${threeFigures(value / unit[0])} ${unit[1]}`;
  };
  const SECONDS = [[1e-9, 'ns'], [1e-6, 'µs'], [1e-3, 'ms'], [1, 's']];
  const BYTES = [[1, 'B'], [1e3, 'kB'], [1e6, 'MB'], [1e9, 'GB'], [1e12, 'TB']];
  const FORMATS = {
    rate: threeFigures,
    times: (value) => `${threeFigures(value)}×`,
    seconds: (value) => withUnit(value, SECONDS),
    bytes: (value) => withUnit(value, BYTES),
    percent: (value) => `${(value * 100).toFixed(value === 0 || Math.abs(value) >= 0.0995 ? 0 : 1)} %`,
    count: (value) => value.toLocaleString('en-US'),
  };
  // Ticks are round numbers: no zeros behind the point.
  const tick = (format) => (value) =>
    FORMATS[format](value).replace(/(\.\d*?)0+(?=\D|$)/, '$1').replace(/\.(?=\D|$)/, '');
  const estimate = (format, [value, low, high]) =>
    FORMATS[format](value) + (low === undefined ? '' : ` (95 %: ${FORMATS[format](low)} to ${FORMATS[format](high)})`);

  // ---- Colours, from the style sheet: they follow the light and the paper ------------------------------------------

  const color = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';
  const seriesColor = (i) => color(`series-${i % 7 + 1}`);

  // ---- What Chart.js has not ---------------------------------------------------------------------------------------

  // Intervals as whiskers, and values as text behind the bars. `intervals` of a dataset: [low, high] or nothing, a point.
  const whiskers = {
    id: 'whiskers',
    afterDatasetsDraw(chart) {
      const { ctx } = chart;
      const across = chart.options.indexAxis === 'y';
      chart.data.datasets.forEach((dataset, d) => {
        if (!dataset.intervals || !chart.isDatasetVisible(d)) return;
        const scale = across ? chart.scales.x : chart.scales.y;
        chart.getDatasetMeta(d).data.forEach((element, i) => {
          const interval = dataset.intervals[i];
          let end = element.x;
          if (interval) {
            // One that leaves the chart has no end in it.
            const [low, high] = interval.map((value) => scale.getPixelForValue(value));
            const inside = !across || high <= chart.chartArea.right;
            const half = 4;
            ctx.save();
            ctx.strokeStyle = dataset.whiskerColor || color('whisker');
            ctx.lineWidth = 1.5;
            ctx.beginPath();
            const line = (x1, y1, x2, y2) => {
              ctx.moveTo(across ? x1 : y1, across ? y1 : x1);
              ctx.lineTo(across ? x2 : y2, across ? y2 : x2);
            };
            const at = across ? element.y : element.x;
            line(low, at, inside ? high : chart.chartArea.right, at);
            line(low, at - half, low, at + half);
            if (inside) line(high, at - half, high, at + half);
            ctx.stroke();
            ctx.restore();
            end = Math.min(Math.max(end, high), across ? chart.chartArea.right : Infinity);
          }
          if (!dataset.texts) return;
          ctx.save();
          ctx.font = `${dataset.strong[i] ? 'bold ' : ''}12px ${FONT}`;
          ctx.fillStyle = color('text');
          ctx.textBaseline = 'middle';
          // Readable where it crosses a line.
          ctx.strokeStyle = color('surface');
          ctx.lineWidth = 4;
          ctx.lineJoin = 'round';
          ctx.strokeText(dataset.texts[i], end + 8, element.y);
          ctx.fillText(dataset.texts[i], end + 8, element.y);
          ctx.restore();
        });
      });
    },
  };

  // A dashed line across a bar chart.
  const reference = {
    id: 'reference',
    beforeDatasetsDraw(chart, _, options) {
      if (!options.at) return;
      const { ctx, chartArea } = chart;
      const x = chart.scales.x.getPixelForValue(options.at.value);
      ctx.save();
      ctx.strokeStyle = color('muted');
      ctx.setLineDash([5, 4]);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.fillStyle = color('muted');
      ctx.font = `12px ${FONT}`;
      ctx.textAlign = 'center';
      ctx.fillText(options.at.label, x, chartArea.top - 5);
      ctx.restore();
    },
  };

  const textWidth = (texts) => {
    const ctx = document.createElement('canvas').getContext('2d');
    ctx.font = `bold 12px ${FONT}`;
    return Math.max(0, ...texts.map((text) => ctx.measureText(text).width));
  };

  // ---- Axes ------------------------------------------------------------------------------------------------------------

  const valueAxis = (axis, more = {}) => ({
    type: axis.log ? 'logarithmic' : 'linear',
    beginAtZero: !axis.log,
    title: { display: true, text: axis.title, color: color('muted') },
    grid: { color: color('grid'), borderColor: color('line'), tickColor: color('line') },
    ticks: { color: color('muted'), callback: tick(axis.format), maxRotation: 0, autoSkipPadding: 14 },
    // On a logarithmic axis 1, 2 and 5 of each power of ten; only the powers where those would be too many.
    ...(axis.log && {
      afterBuildTicks: (scale) => {
        const decades = Math.log10(scale.max / scale.min);
        const wanted = decades > 2.5 ? [1] : decades > 0.9 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
        const ticks = [];
        for (let power = Math.floor(Math.log10(scale.min)); power <= Math.log10(scale.max); ++power) {
          for (const digit of wanted) {
            const value = digit * 10 ** power;
            if (value >= scale.min * 0.999 && value <= scale.max * 1.001) ticks.push({ value });
          }
        }
        scale.ticks = ticks;
      },
    }),
    ...more,
  });

  // An axis whose ticks are the values that there are: threads, tokens.
  const knobAxis = (axis, values) => valueAxis(axis, {
    beginAtZero: false,
    min: values[0],
    max: values[values.length - 1],
    afterBuildTicks: (scale) => { scale.ticks = values.map((value) => ({ value })); },
    ticks: { color: color('muted'), callback: tick('count'), maxRotation: 0, autoSkip: true, autoSkipPadding: 8 },
  });

  const nameAxis = (rows) => ({
    grid: { display: false, borderColor: color('line') },
    ticks: {
      autoSkip: false,
      crossAlign: 'far',
      padding: 6,
      color: (context) => (rows[context.index] && rows[context.index].strong ? color('accent') : color('text')),
      font: (context) => ({ weight: rows[context.index] && rows[context.index].strong ? 'bold' : 'normal' }),
    },
  });

  // What a legend shows before each name: a piece of the line, the mark on it, or a field of the colour.
  const SHAPES = {
    circle: '<circle cx="13" cy="6" r="4"/>',
    rect: '<rect x="9.5" y="2.5" width="7" height="7"/>',
    rectRot: '<path d="M13 1l5 5-5 5-5-5z"/>',
    triangle: '<path d="M13 1.5l5 9h-10z"/>',
    field: '<rect x="8" y="1" width="10" height="10" rx="2"/>',
  };
  const sample = ({ color: own, fill = own, dash = [], width = 0, shape = '' }) =>
    `<svg width="26" height="12" aria-hidden="true" fill="${fill}" stroke="${own}">` +
    (width ? `<path d="M0 6h26" stroke-width="${width}" stroke-dasharray="${dash.join(' ')}"/>` : '') +
    `${shape ? SHAPES[shape] : ''}</svg>`;

  // In HTML, for it to wrap as text does. A click takes a dataset out of the chart, or brings it back.
  const addLegend = (box, chart, items) => {
    const list = document.createElement('div');
    list.className = 'legend';
    items.forEach((item, i) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      button.innerHTML = sample(item);
      button.append(item.name);
      button.addEventListener('click', () => {
        const visible = !chart.isDatasetVisible(i);
        chart.setDatasetVisibility(i, visible);
        button.setAttribute('aria-pressed', String(visible));
        chart.update();
      });
      list.append(button);
    });
    box.after(list);
  };

  const tooltip = (label) => ({ callbacks: { label }, displayColors: false });

  // ---- Charts, by kind: what Chart.js draws, and how high it is at this width -------------------------------------------

  const KINDS = {
    bars(data) {
      const { rows, axis } = data;
      const texts = rows.map((row) => FORMATS[axis.format](row.values[0]));
      // Room for the intervals, but not so much for wide ones that the bars grow small.
      const longest = Math.max(...rows.map((row) => row.values[0]), data.reference ? data.reference.value : 0);
      const reach = Math.min(1.5 * longest, Math.max(longest, ...rows.map((row) => row.values[2] || 0)));
      return {
        height: 40 + 27 * rows.length + (data.reference ? 16 : 0),
        type: 'bar',
        data: {
          labels: rows.map((row) => row.label),
          datasets: [{
            data: rows.map((row) => row.values[0]),
            backgroundColor: rows.map((row) => color(row.strong ? 'accent' : 'bar')),
            intervals: rows.map((row) => (row.values.length > 1 ? row.values.slice(1) : null)),
            strong: rows.map((row) => row.strong),
            texts,
            barPercentage: 0.78,
            categoryPercentage: 1,
          }],
        },
        options: {
          indexAxis: 'y',
          layout: { padding: { right: textWidth(texts) + 18, top: data.reference ? 16 : 0 } },
          plugins: {
            reference: { at: data.reference },
            tooltip: tooltip((item) => estimate(axis.format, rows[item.dataIndex].values)),
          },
          scales: { x: valueAxis(axis, { title: {}, suggestedMax: reach }), y: nameAxis(rows) },
        },
      };
    },

    stack(data) {
      const { rows, axis } = data;
      const shares = axis.format === 'percent';
      const partColor = (i) => color(data.stages ? `stage-${i + 1}` : i === 0 ? 'series-5' : 'series-1');
      return {
        height: 40 + 27 * rows.length,
        legend: data.parts.map((name, i) => ({ name, color: partColor(i), shape: 'field' })),
        type: 'bar',
        data: {
          labels: rows.map((row) => row.label),
          datasets: data.parts.map((part, i) => ({
            label: part,
            data: rows.map((row) => row.values[i]),
            backgroundColor: partColor(i),
            barPercentage: 0.78,
            categoryPercentage: 1,
          })),
        },
        options: {
          indexAxis: 'y',
          plugins: {
            tooltip: tooltip((item) => `${item.dataset.label}: ${FORMATS[axis.format](item.raw)}`),
          },
          scales: {
            x: valueAxis(axis, { title: {}, stacked: true, ...(shares && { max: 1 }) }),
            y: { ...nameAxis(rows), stacked: true },
          },
        },
      };
    },

    ranges(data) {
      const { rows, axis, marks } = data;
      const styles = ['circle', 'rectRot', 'triangle'];
      const values = rows.flatMap((row) => row.values).filter((value) => value > 0);
      return {
        height: 40 + 27 * rows.length,
        legend: marks.map((name, i) => ({ name, color: color('muted'), fill: color('surface'), shape: styles[i] })),
        type: 'bar',
        data: {
          labels: rows.map((row) => row.label),
          datasets: [
            ...marks.map((mark, i) => ({
              type: 'line',
              label: mark,
              data: rows.map((row) => row.values[i]),
              showLine: false,
              pointStyle: styles[i],
              pointRadius: 5,
              pointHoverRadius: 6,
              backgroundColor: rows.map((row) => (row.strong ? color('accent') : color('surface'))),
              pointBorderColor: rows.map((row) => color(row.strong ? 'accent' : 'muted')),
              pointBorderWidth: 1.5,
            })),
            {
              label: '',
              data: rows.map((row) => [row.values[0], row.values[row.values.length - 1]]),
              backgroundColor: rows.map((row) => color(row.strong ? 'accent' : 'bar')),
              barThickness: 3,
            },
          ],
        },
        options: {
          indexAxis: 'y',
          plugins: {
            tooltip: {
              ...tooltip((item) => `${item.dataset.label}: ${FORMATS[axis.format](item.raw)}`),
              filter: (item) => item.dataset.label !== '',
            },
          },
          scales: {
            x: valueAxis(axis, {
              title: {},
              min: Math.min(...values) / 1.15,
              max: Math.max(...values) * 1.15,
            }),
            y: { ...nameAxis(rows), offset: true },
          },
        },
      };
    },

    lines(data, width) {
      const curves = data.series.every((series) => series.style === 'curve');
      const xs = [...new Set(data.series.flatMap((series) => series.points.map(([x]) => x)))].sort((a, b) => a - b);
      let others = 0;
      const datasets = data.series.map((series) => {
        const own = series.strong ? color('accent') : seriesColor(others);
        const again = !series.strong && others >= 7;
        if (!series.strong) ++others;
        const points = series.style === 'measured';
        return {
          label: series.name,
          data: series.points.map(([x, [y]]) => ({ x, y })),
          intervals: series.points.map(([, y]) => (y.length > 1 ? y.slice(1) : null)),
          whiskerColor: own,
          estimates: series.points.map(([, y]) => y),
          borderColor: own,
          backgroundColor: own,
          borderWidth: series.strong ? 3 : curves ? 1.5 : 2,
          borderDash: series.style === 'predicted' ? [7, 5] : again ? [2, 3] : [],
          pointStyle: series.strong ? 'circle' : 'rect',
          // What lies beneath the product's mark shows around it.
          pointRadius: points ? (series.strong ? 4.5 : 6) : 0,
          pointBackgroundColor: series.strong ? own : color('surface'),
          pointBorderWidth: 2,
          pointHitRadius: 8,
          tension: 0,
          clip: 8,
          // The product's line lies above the others, predictions below what was measured.
          order: series.strong ? 0 : series.style === 'predicted' ? 2 : 1,
        };
      });
      return {
        height: width < 500 ? 250 : 300,
        legend: datasets.map((dataset) => ({
          name: dataset.label,
          color: dataset.borderColor,
          fill: dataset.pointBackgroundColor,
          dash: dataset.borderDash,
          width: dataset.borderWidth,
          shape: dataset.pointRadius ? dataset.pointStyle : '',
        })),
        type: 'line',
        data: { datasets },
        options: {
          layout: { padding: { right: 8, top: 6 } },
          interaction: { mode: 'nearest', intersect: false },
          plugins: {
            tooltip: {
              displayColors: false,
              callbacks: {
                title: (items) => (items.length ? `${FORMATS[data.x.format](items[0].parsed.x)} ${data.x.title}` : ''),
                label: (item) =>
                  `${item.dataset.label}: ${estimate(data.y.format, item.dataset.estimates[item.dataIndex])}`,
              },
            },
          },
          scales: {
            x: curves ? valueAxis(data.x, { min: xs[0], max: xs[xs.length - 1] }) : knobAxis(data.x, xs),
            y: valueAxis(data.y, curves ? { max: 1 } : {}),
          },
        },
      };
    },

    gantt(data) {
      const rows = data.threads.map((label, i) => ({ label, key: `${i} ${label}` }));
      const end = Math.max(...data.spans.map((span) => span[3]));
      return {
        height: 70 + 34 * rows.length,
        legend: data.stages.map((name, i) => ({ name, color: color(`stage-${i + 1}`), shape: 'field' })),
        type: 'bar',
        data: {
          labels: rows.map((row) => row.key),
          datasets: data.stages.map((stage, i) => {
            const spans = data.spans.filter((span) => span[1] === i);
            return {
              label: stage,
              data: spans.map((span) => ({ x: [span[2], span[3]], y: rows[span[0]].key })),
              pictures: spans.map((span) => span[4]),
              backgroundColor: color(`stage-${i + 1}`),
              // Neighbours of one stage stay apart where there is room.
              borderColor: color('surface'),
              borderWidth: spans.map((span) => (span[3] - span[2] > end / 200 ? { right: 0.5 } : 0)),
              grouped: false,
              barPercentage: 0.8,
              categoryPercentage: 1,
            };
          }),
        },
        options: {
          indexAxis: 'y',
          plugins: {
            tooltip: {
              displayColors: false,
              callbacks: {
                title: () => '',
                label: (item) => {
                  const [from, to] = item.raw.x;
                  const picture = FORMATS.count(item.dataset.pictures[item.dataIndex] + 1);
                  return `${item.dataset.label} of picture ${picture}: ${FORMATS.seconds(to - from)} ` +
                    `at ${FORMATS.seconds(from)}`;
                },
              },
            },
          },
          scales: {
            x: valueAxis({ title: 'since the start', format: 'seconds' }, { max: end }),
            y: {
              ...nameAxis(rows),
              ticks: { autoSkip: false, crossAlign: 'far', color: color('text'), callback: (_, i) => rows[i].label },
            },
          },
        },
      };
    },
  };

  // ---- The page -----------------------------------------------------------------------------------------------------

  // Of A4 between its margins, at 96 points an inch.
  const PAPER_WIDTH = 640;
  const charts = new Map();  // by canvas

  const draw = (box, paper) => {
    const canvas = box.querySelector('canvas');
    const width = paper ? PAPER_WIDTH : box.clientWidth;
    const old = charts.get(canvas);
    if (old) old.destroy();
    box.parentElement.querySelectorAll('.legend').forEach((list) => list.remove());
    const data = JSON.parse(box.querySelector('script').textContent);
    const { height, legend, ...config } = KINDS[data.kind](data, width);
    box.style.width = paper ? `${PAPER_WIDTH}px` : '';
    box.style.height = `${height}px`;
    config.options = {
      animation: false,
      responsive: !paper,
      maintainAspectRatio: false,
      ...config.options,
    };
    config.plugins = [whiskers, reference];
    if (paper) {
      canvas.style.width = `${PAPER_WIDTH}px`;
      canvas.style.height = `${height}px`;
      canvas.width = PAPER_WIDTH;
      canvas.height = height;
      config.options.devicePixelRatio = 2;
    }
    const chart = new Chart(canvas, config);
    charts.set(canvas, chart);
    if (legend) addLegend(box, chart, legend);
    // Above the chart the axis' name has room on a phone too; the canvas would squeeze it.
    const caption = box.parentElement.querySelector('figcaption');
    if (data.axis && data.axis.title && !caption.querySelector('span')) {
      caption.append(Object.assign(document.createElement('span'), { textContent: data.axis.title }));
    }
  };

  const shown = () => [...document.querySelectorAll('.chart')].filter((box) => !box.closest('[hidden]'));
  const drawAll = (paper = false) => shown().forEach((box) => draw(box, paper));

  const choose = (workload) => {
    document.querySelectorAll('[data-workload]').forEach((part) => {
      part.hidden = part.dataset.workload !== workload;
    });
    document.querySelectorAll('section').forEach((section) => {
      const parts = [...section.querySelectorAll('[data-workload]')];
      section.hidden = parts.length > 0 && parts.every((part) => part.hidden) &&
        !section.querySelector('figure:not([data-workload])');
    });
  };

  const choice = document.getElementById('workload');
  if (choice) {
    const change = () => {
      // What is above may change its height: the choice stays where it is.
      const before = choice.getBoundingClientRect().top;
      choose(choice.value);
      document.getElementById('workload-about').textContent = choice.selectedOptions[0].dataset.about;
      drawAll();
      window.scrollBy(0, choice.getBoundingClientRect().top - before);
    };
    choice.addEventListener('change', change);
    choose(choice.value);
    document.getElementById('workload-about').textContent = choice.selectedOptions[0].dataset.about;
  }

  Chart.defaults.font.family = FONT;
  Chart.defaults.font.size = 12;
  Chart.defaults.plugins.legend.display = false;
  drawAll();
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll());
  let pending = 0;
  window.addEventListener('resize', () => {
    clearTimeout(pending);
    // Heights follow widths, where a legend wraps.
    pending = setTimeout(() => drawAll(), 200);
  });

  // On paper: light, as wide as the page, and every table open.
  let opened = [];
  window.addEventListener('beforeprint', () => {
    clearTimeout(pending);
    root.classList.add('printing');
    opened = [...document.querySelectorAll('details:not([open])')];
    opened.forEach((details) => { details.open = true; });
    drawAll(true);
  });
  window.addEventListener('afterprint', () => {
    root.classList.remove('printing');
    opened.forEach((details) => { details.open = false; });
    drawAll();
  });
})();
