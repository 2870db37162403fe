// Draws the charts of a report: takes each figure's option object as it is, adds what depends on the reader's screen
// (sizes, light or dark, where labels have room), and hands it to ECharts.
'use strict';
(() => {
  const PLASMA = ['#0d0887', '#41049d', '#6a00a8', '#8f0da4', '#b12a90', '#cc4778', '#e16462', '#f2844b', '#fca636',
    '#fcce25', '#f0f921'];
  const VIRIDIS = ['#440154', '#482475', '#414487', '#355f8d', '#2a788e', '#21918c', '#22a884', '#44bf70', '#7ad151',
    '#bddf26', '#fde725'];
  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
  const NARROW = 560; // pixels below which a chart is on a phone
  const CELL = [40, 64]; // width of a heat map's cell that suffices to be read, there and on a phone
  const safe = echarts.format.encodeHTML;

  // page.html#picture-3 shows chart 3 alone: so tools/pictures takes it.
  const alone = location.hash.match(/^#picture-(\d+)$/);

  // Numbers as people read them: as muninn.lab.report.Numbers.

  const raised = n => String(n).replace(/./g, c => c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[c]);

  function shown(value) {
    if (typeof value !== 'number') return value == null ? '–' : String(value);
    const size = Math.abs(value), sign = value < 0 ? '−' : '';
    if (size === 0) return '0';
    if (size < 1e-3) {
      const exponent = Math.floor(Math.log10(size) + 1e-9), mantissa = +(size / 10 ** exponent).toPrecision(2);
      return sign + (mantissa === 1 ? '' : mantissa + '·') + '10' + raised(exponent);
    }
    if (size < 99999.5) return sign + (size < 999.5 ? +size.toPrecision(3) : Math.round(size));
    const prefix = Math.min(5, Math.floor(Math.log10(size * 1.0005) / 3));
    return sign + +(size / 1000 ** prefix).toPrecision(3) + ['', 'k', 'M', 'G', 'T', 'P'][prefix];
  }

  // Colours

  const root = document.documentElement;
  const css = name => getComputedStyle(root).getPropertyValue('--' + name).trim();

  function between(map, share) {
    const place = Math.min(1, Math.max(0, share)) * (map.length - 1), i = Math.min(map.length - 2, Math.floor(place));
    const part = shift => {
      const [a, b] = [map[i], map[i + 1]].map(hex => parseInt(hex.slice(1), 16) >> shift & 255);
      return Math.round(a + (b - a) * (place - i));
    };
    return [part(16), part(8), part(0)];
  }

  const rgb = parts => `rgb(${parts.join(',')})`;

  /** A colour by the name that the option gives it: @ink, @soft, @kind0 to @kind7, @ramp0 to @ramp1. */
  function colour(name) {
    if (!name.startsWith('@ramp')) return css(name.slice(1));
    const from = +css('ramp-from'), to = +css('ramp-to');
    return rgb(between(PLASMA, from + (to - from) * +name.slice(5)));
  }

  const parsed = text => text.startsWith('rgb') ? text.match(/\d+/g).map(Number) : [1, 3, 5].map(at => parseInt(text.slice(at, at + 2), 16));

  /** A colour on paper: lighter, and yet nothing shows through it. */
  function shade(text, share) {
    const paper = parsed(css('bg').replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3'));
    return rgb(parsed(text).map((c, i) => Math.round(paper[i] + (c - paper[i]) * share)));
  }

  /** A copy with colours instead of their names. */
  function coloured(value) {
    if (Array.isArray(value)) return value.map(coloured);
    if (value === null || typeof value !== 'object') return value;
    const copy = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, coloured(each)]));
    if (typeof copy.color === 'string' && copy.color[0] === '@') {
      copy.color = shade(colour(copy.color), copy.shade ?? 1);
      delete copy.shade;
    }
    return copy;
  }

  // Logarithmic axes are linear ones of logarithms: ECharts' own have ticks at every tenth power or at every power.

  const logs = {2: [Math.log2, value => 2 ** value], 10: [Math.log10, value => 10 ** value]};

  /** An axis and what puts a value on it and reads one from it. */
  function scaled(axis) {
    if (axis.type !== 'log') return [value => value, value => value];
    const [to, from] = logs[axis.logBase];
    for (const end of ['min', 'max']) if (axis[end] !== undefined) axis[end] = to(axis[end]);
    Object.assign(axis, {type: 'value', scale: true, minInterval: 1, log: true});
    return [value => value === null ? null : to(value), from];
  }

  /** Moves the points of a series onto the axes. */
  function place(one, [onX], [onY]) {
    const point = value => value.map((v, i) => i === 0 ? onX(v) : onY(v));
    if (one.markLine) one.markLine.data.forEach(line => { line.yAxis = onY(line.yAxis); });
    if (one.type === 'line' || one.type === 'scatter' || one.renderItem === 'band') {
      one.data = one.data.map(item => Array.isArray(item) ? point(item) : {...item, value: point(item.value)});
    }
  }

  /** Black or white, whichever is read on viridis at this place. */
  function onCell(share) {
    const [r, g, b] = between(VIRIDIS, share).map(c => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#000' : '#fff';
  }

  // Sizes

  const pen = document.createElement('canvas').getContext('2d');

  function wide(texts, size = 12) {
    pen.font = size + 'px ' + FONT;
    return texts.reduce((most, text) => Math.max(most, pen.measureText(text).width), 0);
  }

  // What ECharts cannot draw by itself

  const renderers = {
    /** The area between the lower and upper ends of intervals: data are [x, low, high]. */
    band: (params, api) => {
      if (params.dataIndexInside > 0) return null;
      const upper = [], lower = [];
      for (let i = 0; i < params.dataInsideLength; i++) {
        upper.push(api.coord([api.value(0, i), api.value(2, i)]));
        lower.unshift(api.coord([api.value(0, i), api.value(1, i)]));
      }
      return {type: 'polygon', silent: true, shape: {points: upper.concat(lower)},
        style: {fill: api.visual('color'), opacity: 0.17}};
    },
    /** Something that took time: data are [from, to, line, faint, name]. */
    stretch: (params, api) => {
      const [x, y] = api.coord([api.value(0), api.value(2)]), end = api.coord([api.value(1), api.value(2)])[0];
      const height = api.size([0, 1])[1] * 0.84, area = params.coordSys;
      const left = Math.max(x, area.x), right = Math.min(Math.max(end, x + 0.7), area.x + area.width);
      if (right < left) return null;
      const text = api.value(4), faint = api.value(3) === 1, room = right - left > wide([text], 11) + 8;
      return {type: 'rect', shape: {x: left, y: y - height / 2, width: right - left, height},
        style: {fill: api.visual('color'), opacity: faint ? 0.25 : 1},
        textContent: room ? {style: {text, fill: faint ? css('ink') : css('bg'), font: '11px ' + FONT}} : undefined,
        textConfig: {position: 'insideLeft', distance: 4}};
    },
  };

  // Tooltips

  const line = (name, value) => `<div>${safe(name)} <b>${safe(shown(value))}</b></div>`;
  const named = name => name && !name.startsWith('series\0');

  function tip(option, params) {
    const x = option.xAxis.name, value = params.value;
    if (params.seriesType === 'heatmap') {
      const text = value[3] === shown(value[2]) ? '' : `<div><b>${safe(value[3])}</b></div>`;
      return `${safe(option.yAxis.data[value[1]])}<br>${safe(x + ' ' + option.xAxis.data[value[0]])}${text}${line(params.seriesName, value[2])}`;
    }
    if (params.seriesType === 'custom') {
      return `<b>${safe(value[4])}</b> (${safe(params.seriesName)})<div>${safe(shown(value[0]))} to ${safe(shown(value[1]))} ${safe(x)}</div>`
        + line('took', shown(value[1] - value[0]) + ' ' + x);
    }
    return `<b>${[params.seriesName, params.name].filter(named).map(safe).join('<br>')}</b>`
      + line(x, option.from[0](value[0])) + line(option.title.text, option.from[1](value[1]));
  }

  function tips(option, all) {
    const bars = all[0].seriesType === 'bar', most = 16;
    const values = all.filter(p => named(p.seriesName)).map(p => [p, bars ? p.value : p.value[1]]).filter(([, value]) => value != null);
    if (!bars) values.sort((a, b) => b[1] - a[1]);
    const head = bars ? all[0].name : option.xAxis.name + ' ' + shown(option.from[0](all[0].value[0]));
    return `<b>${safe(head)}</b>`
      + values.slice(0, most).map(([p, value]) =>
        `<div>${p.marker}${safe(p.seriesName)} <b>${safe(shown(bars ? value : option.from[1](value)))}</b></div>`).join('')
      + (values.length > most ? `<div>and ${values.length - most} more</div>` : '');
  }

  // From an option object to one that fits

  function fitted(spec, width, height, title) {
    const option = coloured(spec), series = option.series, types = series.map(s => s.type);
    const narrow = width < NARROW, heat = types[0] === 'heatmap', bars = types[0] === 'bar', zoomed = option.zoom;
    const lines = types.includes('line') && !types.includes('scatter') && !option.square;
    const ink = css('ink'), soft = css('soft'), rule = css('rule'), bg = css('bg');
    const tools = narrow || alone ? 0 : 100;

    const names = heat ? [] : [...new Set(series.filter(s => s.name).map(s => s.name))];
    const legend = names.length > 1 ? rows(names, width - tools) : 0, scrolls = legend > 3;
    const titleTop = scrolls ? 28 : legend * 23 + (legend ? 4 : 2);
    const heading = heat ? [option.yAxis.name, option.xAxis.name].filter(Boolean).join(' by ') : bars || zoomed ? '' : option.yAxis.name;
    const top = Math.max(titleTop + (heading ? 24 : 4), tools ? 26 : 0);
    const onX = scaled(option.xAxis), onY = scaled(option.yAxis);
    option.from = [onX[1], onY[1]];
    series.forEach(one => place(one, onX, onY));

    Object.assign(option, {
      animation: false, backgroundColor: 'transparent', textStyle: {fontFamily: FONT, color: ink},
      title: {text: heading, left: 0, top: titleTop, padding: 0, textStyle: {fontSize: 12, fontWeight: 'normal', color: soft, fontFamily: FONT}},
      legend: {show: legend > 0, type: scrolls ? 'scroll' : 'plain', data: names, left: 0, top: 2, width: width - tools, padding: 0, itemGap: 14,
        icon: types.includes('scatter') ? 'circle' : lines || option.square ? 'path://M0,4h18v3h-18z' : 'rect',
        itemWidth: types.includes('scatter') ? 9 : lines || option.square ? 18 : 12, itemHeight: 9, textStyle: {color: ink, fontSize: 12, fontFamily: FONT}, inactiveColor: rule, pageTextStyle: {color: soft, fontFamily: FONT},
        pageIconColor: soft, pageIconInactiveColor: rule, pageIconSize: 11},
      toolbox: {show: tools > 0, right: 0, top: 2, padding: 0, itemSize: 12, itemGap: 9, showTitle: false, iconStyle: {borderColor: soft},
        emphasis: {iconStyle: {borderColor: css('kind0')}},
        feature: {...(heat || bars ? {} : {dataZoom: {title: {zoom: 'zoom', back: 'back'}, ...(zoomed ? {yAxisIndex: 'none'} : {})}, restore: {title: 'all'}}),
          saveAsImage: {title: 'save', name: title, backgroundColor: bg}},
        tooltip: {show: true, formatter: param => safe(param.title)}},
      tooltip: {trigger: lines || bars ? 'axis' : 'item', confine: true, backgroundColor: css('panel'), borderColor: rule, padding: [6, 9],
        textStyle: {color: ink, fontSize: 12, fontFamily: FONT}, axisPointer: {type: bars ? 'shadow' : 'line', lineStyle: {color: soft}, label: {show: false}},
        formatter: params => Array.isArray(params) ? tips(option, params) : tip(option, params)},
      grid: {left: 2, right: 14, top, bottom: 26, containLabel: true},
    });
    if (!heat && !bars && !matchMedia('(pointer: coarse)').matches) {
      option.dataZoom = ['xAxisIndex', ...(zoomed ? [] : ['yAxisIndex'])].map(axis =>
        ({type: 'inside', [axis]: 0, zoomOnMouseWheel: 'ctrl', moveOnMouseMove: false, preventDefaultMouseMove: false, filterMode: 'none'}));
    }

    for (const [axis, isX] of [[option.xAxis, true], [option.yAxis, false]]) {
      const category = axis.type === 'category';
      Object.assign(axis, {
        axisLine: {show: isX && !heat, onZero: false, lineStyle: {color: soft}}, axisTick: {show: isX && !category, lineStyle: {color: soft}},
        splitLine: {show: !category && (bars || zoomed ? isX : !isX), lineStyle: {color: rule}},
        axisLabel: {color: soft, fontSize: 11.5, fontFamily: FONT, hideOverlap: true,
          ...(category ? {} : {formatter: value => shown(option.from[isX ? 0 : 1](value))})},
        nameLocation: 'middle', nameGap: 26, nameTextStyle: {color: soft, fontSize: 12, fontFamily: FONT},
        ...(isX && !heat ? {} : {name: ''}),
      });
      if (category && !isX) {
        Object.assign(axis.axisLabel, {width: Math.min(wide(axis.data, 11.5) + 1, width * 0.38), overflow: 'truncate', interval: 0, hideOverlap: false,
          color: ink});
      }
      if (isX && lines) Object.assign(axis, {min: axis.min ?? 'dataMin', max: axis.max ?? 'dataMax'});
    }
    names.forEach(name => series.filter(s => s.name === name).forEach(s => { s.emphasis = {focus: 'series'}; }));
    const layout = beside(width);
    series.forEach(one => dress(one, layout, option.square, {ink, soft, bg}));
    if (heat) heatMap(option, width, {ink, soft, bg});
    if (bars) barChart(option, width);
    if (zoomed) timeline(option);
    if (option.square) squared(option, width, height, top);
    ['square', 'zoom'].forEach(name => delete option[name]);
    return option;
  }

  /** How many lines these entries of a legend take. */
  function rows(names, width) {
    let count = 1, used = 0;
    for (const name of names) {
      const needs = wide([name]) + 18 + 5 + 14;
      if (used > 0 && used + needs > width) [count, used] = [count + 1, 0];
      used += needs;
    }
    return count;
  }

  /** Puts names beside their dots where they meet no other, and hides those that find no such place. */
  function beside(width) {
    const placed = new Map();
    const stays = ({seriesIndex, dataIndex, labelRect: {x, y, width: w, height: h}}) => {
      placed.set(seriesIndex + '/' + dataIndex, [x, y, w, h]);
      return {};
    };
    const moves = ({seriesIndex, dataIndex, rect: dot, labelRect: {width: w, height: h}}) => {
      const key = seriesIndex + '/' + dataIndex, middle = dot.y + dot.height / 2;
      const places = [[dot.x + dot.width + 3, middle - h / 2], [dot.x - w - 3, middle - h / 2],
        [dot.x + dot.width / 2 - w / 2, dot.y - h - 2], [dot.x + dot.width / 2 - w / 2, dot.y + dot.height + 2]];
      const free = ([x, y]) => x >= 0 && x + w <= width
        && [...placed].every(([other, [ox, oy, ow, oh]]) => other === key || x >= ox + ow || ox >= x + w || y >= oy + oh || oy >= y + h);
      const found = places.find(free);
      if (!found) return {hideOverlap: true};
      placed.set(key, [...found, w, h]);
      return {x: found[0], y: found[1], align: 'left', verticalAlign: 'top'};
    };
    return {stays, moves};
  }

  function dress(one, layout, path, {ink, soft, bg}) {
    const halo = {color: ink, textBorderColor: bg, textBorderWidth: 3, fontSize: 11.5, fontFamily: FONT};
    if (one.type === 'line') {
      one.lineStyle = {width: one.roof ? 1.5 : 1.7, ...one.lineStyle};
      one.symbol = 'circle';
      one.symbolSize = path ? 2.5 : 6;
      one.label = {show: false, position: 'top', formatter: '{b}', ...halo};
      one.labelLayout = layout.moves;
      if (one.markLine) {
        Object.assign(one.markLine, {silent: true, symbol: 'none', lineStyle: {color: soft, type: 'dashed', width: 1.2},
          label: {formatter: '{b}', position: 'insideEndTop', ...halo, color: soft}});
      }
      if (one.roof) {
        Object.assign(one, {showSymbol: true, symbolSize: 0, silent: true, z: 1, labelLayout: layout.stays});
        one.data.forEach((point, i) => Object.assign(point.label ?? {}, {color: soft},
          i === 1 ? {position: point.label.position, distance: 8} : {align: 'right', verticalAlign: 'bottom', position: [-2, -4]}));
      }
    }
    if (one.type === 'scatter') {
      one.symbolSize = 9;
      one.itemStyle = {opacity: 0.85};
      one.label = {show: false, position: 'right', formatter: '{b}', ...halo};
      one.labelLayout = layout.moves;
      one.z = 3;
    }
    if (one.type === 'bar') {
      one.barCategoryGap = '30%';
      one.label = {show: !one.name, position: 'right', distance: 5, color: ink, fontSize: 11.5, fontFamily: FONT};
      if (!one.name) one.tooltip = {show: false};
    }
    if (one.type === 'custom') {
      one.encode = one.renderItem === 'band' ? {x: 0, y: [1, 2]} : {x: [0, 1], y: 2};
      one.clip = true;
      if (one.renderItem === 'band') one.tooltip = {show: false};
      one.renderItem = renderers[one.renderItem];
    }
  }

  function heatMap(option, width, {ink, soft, bg}) {
    const series = option.series[0], map = option.visualMap, columns = option.xAxis.data, flat = map.max === map.min;
    const share = value => flat ? 1 : (value - map.min) / (map.max - map.min);
    const needed = Math.max(wide(series.data.map(cell => cell[3]), 11.5), wide(columns, 11.5)) + 8;
    const room = width - Math.min(wide(option.yAxis.data, 11.5), width * 0.38) - 20;
    const fits = Math.max(1, Math.floor(room / Math.min(CELL[width < NARROW ? 1 : 0], needed))), cell = room / Math.min(fits, columns.length);
    option.xAxis.position = 'top';
    option.xAxis.axisLabel.interval = 0;
    series.data = series.data.map(value => ({value, label: {color: onCell(share(value[2]))}}));
    series.label = {show: true, formatter: params => params.value[3], fontSize: 11.5, fontFamily: FONT, width: cell - 4, overflow: 'truncate', ellipsis: '…'};
    series.itemStyle = {borderColor: bg, borderWidth: 1};
    series.emphasis = {itemStyle: {borderColor: ink}};
    option.visualMap = {type: 'continuous', dimension: 2, min: flat ? map.min - 1 : map.min, max: map.max, orient: 'horizontal', left: 0, bottom: 0,
      itemWidth: 10, itemHeight: 110, padding: 0, text: [shown(map.max) + '  ' + map.name, shown(map.min)], textGap: 6,
      textStyle: {color: soft, fontSize: 11.5, fontFamily: FONT}, inRange: {color: VIRIDIS}, outOfRange: {color: VIRIDIS}};
    option.grid.bottom = 34;
    if (fits < columns.length) {
      option.grid.bottom = 54;
      option.dataZoom = [{type: 'slider', xAxisIndex: 0, startValue: 0, endValue: fits - 1, zoomLock: true, height: 12, bottom: 30, left: width - room,
        right: 16, showDetail: false, brushSelect: false, borderColor: option.grid.borderColor, fillerColor: 'rgba(128,128,128,.35)',
        backgroundColor: 'rgba(128,128,128,.12)', showDataShadow: false, handleSize: 0}];
    }
  }

  function barChart(option, width) {
    const ends = option.series.at(-1).data.map(end => end.label.formatter);
    option.grid.right = Math.min(wide(ends, 11.5) + 12, width * 0.6);
    option.xAxis.splitNumber = width < NARROW ? 2 : 6;
  }

  function timeline(option) {
    option.grid.bottom = 58;
    option.xAxis.min = 'dataMin';
    option.xAxis.max = 'dataMax';
    option.dataZoom = [{type: 'slider', xAxisIndex: 0, filterMode: 'none', height: 16, bottom: 4, showDetail: false, brushSelect: false,
      borderColor: 'transparent', fillerColor: 'rgba(128,128,128,.3)', backgroundColor: 'rgba(128,128,128,.12)', showDataShadow: false},
      ...(option.dataZoom ?? [])];
  }

  /** Gives both axes one scale. */
  function squared(option, width, height, top) {
    const margin = {left: 46, right: 16, bottom: 44};
    const area = [width - margin.left - margin.right, height - top - margin.bottom];
    const points = option.series.flatMap(s => s.data.map(item => item.value)), axes = [option.xAxis, option.yAxis];
    const ends = [0, 1].map(d => [Math.min(...points.map(p => p[d])), Math.max(...points.map(p => p[d]))]);
    const scale = 1.14 * Math.max(...[0, 1].map(d => (ends[d][1] - ends[d][0]) / area[d])) || 1;
    axes.forEach((axis, d) => {
      const middle = (ends[d][0] + ends[d][1]) / 2, half = scale * area[d] / 2;
      Object.assign(axis, {min: middle - half, max: middle + half, splitNumber: d ? 5 : width < NARROW ? 4 : 6});
      Object.assign(axis.axisLabel, {showMinLabel: false, showMaxLabel: false});
    });
    Object.assign(option.grid, margin, {containLabel: false});
  }

  // Drawing

  const charts = [...document.querySelectorAll('.chart')].map(box => ({
    box, width: 0, chart: null, title: box.closest('figure').querySelector('h3').textContent,
    spec: JSON.parse(document.getElementById(box.dataset.option).textContent),
  }));

  function draw(one) {
    one.width = one.box.clientWidth;
    one.chart ??= echarts.init(one.box, null, {renderer: 'svg'});
    one.chart.resize();
    one.chart.setOption(fitted(one.spec, one.width, one.box.clientHeight, one.title), true);
  }

  if (alone) {
    charts.splice(0, Infinity, charts[alone[1] - 1]);
    document.body.className = 'picture';
    document.body.replaceChildren(charts[0].box);
  }

  const drawAll = () => charts.forEach(draw);
  drawAll();
  const resized = new ResizeObserver(() => charts.filter(one => one.box.clientWidth !== one.width).forEach(draw));
  charts.forEach(one => resized.observe(one.box));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  addEventListener('beforeprint', () => { root.dataset.paper = ''; drawAll(); });
  addEventListener('afterprint', () => { delete root.dataset.paper; drawAll(); });
})();
