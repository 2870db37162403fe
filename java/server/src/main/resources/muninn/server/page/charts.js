// Charts of a trace, by the library that draws the reports; it is fetched from this server when the first one is drawn.

import {css, ramp, shown} from './format.js';

async function begin(place) {
  await import('./echarts.js');
  const chart = globalThis.echarts.init(place, null, {renderer: 'canvas'});
  const sizes = new ResizeObserver(() => chart.isDisposed() ? sizes.disconnect() : chart.resize());
  sizes.observe(place);
  return chart;
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

const axis = (name, more) => ({
  type: 'value', name, nameLocation: 'middle', nameGap: 26, nameTextStyle: {color: css('soft')},
  axisLine: {lineStyle: {color: css('rule')}}, axisTick: {show: false},
  axisLabel: {color: css('soft'), hideOverlap: true, formatter: shown}, splitLine: {lineStyle: {color: css('rule'), opacity: .5}},
  ...more,
});

const base = () => ({
  animation: !matchMedia('(prefers-reduced-motion: reduce)').matches, animationDuration: 500,
  textStyle: {fontFamily: FONT, color: css('ink')}, aria: {enabled: true},
  tooltip: {renderMode: 'richText', backgroundColor: css('bg'), borderColor: css('rule'), textStyle: {color: css('ink')}},
});

/** The way of a latent, each step in its colour; the step after which the answer went on is ringed. */
export async function path(place, trace, left) {
  const chart = await begin(place), steps = trace.steps;
  const percent = share => shown(100 * share) + ' %';
  const dots = trace.path.map(([x, y], j) => ({
    value: [x, y], name: 'step ' + j, symbolSize: j === 0 || j === steps ? 11 : 7,
    itemStyle: {
      color: j === 0 ? css('bg') : ramp(j / steps), borderColor: j === 0 ? css('ink') : j === left ? css('ink') : ramp(j / steps),
      borderWidth: j === 0 || j === left ? 2 : 0,
    },
    label: {show: Number.isInteger(Math.log2(j)) || j === steps || j === 0, formatter: String(j), position: 'top',
      color: css('soft'), fontSize: 11},
  }));
  chart.setOption({
    ...base(),
    grid: {left: 52, right: 16, top: 18, bottom: 42},
    xAxis: axis(`direction 1 (${percent(trace.shares[0])})`, {scale: true}),
    yAxis: axis(`direction 2 (${percent(trace.shares[1])})`, {scale: true, nameGap: 38}),
    series: [{
      type: 'line', data: dots, symbol: 'circle', showAllSymbol: true, lineStyle: {color: css('soft'), width: 1, opacity: .6},
      labelLayout: {hideOverlap: true},
    }],
  });
  return chart;
}

/** Three measures that fall while a thought settles. */
export async function convergence(place, trace, left) {
  const chart = await begin(place);
  const line = (name, values, colour) => ({
    name, type: 'line', symbol: 'circle', symbolSize: 4, color: css(colour), lineStyle: {width: 2},
    data: values.map((value, j) => [j + 1, value > 1e-10 ? value : null]),
  });
  const series = [line('change', trace.change, 'kind0'), line('distance to the deepest', trace.to_deepest, 'kind1'),
    line('KL to the deepest', trace.kl_deepest, 'kind2')];
  if (left < trace.steps) {
    series[0].markLine = {
      symbol: 'none', silent: true, lineStyle: {color: css('soft')}, label: {formatter: 'left', color: css('soft')},
      data: [{xAxis: left}],
    };
  }
  chart.setOption({
    ...base(),
    legend: {top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: {color: css('soft')}},
    grid: {left: 52, right: 16, top: 52, bottom: 42},
    xAxis: axis('step', {min: 1, max: trace.steps, minInterval: 1}),
    yAxis: axis('', {type: 'log'}),
    tooltip: {...base().tooltip, trigger: 'axis', valueFormatter: shown},
    series,
  });
  return chart;
}
