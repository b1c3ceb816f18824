// npm ci && npm run build: makes src/report/page/echarts.min.js anew, and the licences beside it.
import { build } from "esbuild";
import { copyFileSync, readFileSync } from "node:fs";

const page = new URL("../../src/report/page/", import.meta.url);
const version = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version;
const banner = `/*! Apache ECharts ${version("echarts")} (the parts used here), Copyright the Apache Software Foundation, Apache License 2.0.
 * ZRender ${version("zrender")}, Copyright Baidu Inc., BSD 3-Clause License. tslib ${version("tslib")}, Copyright Microsoft Corporation, 0BSD.
 * Built by tools/charts of throng. https://echarts.apache.org */`;

await build({
  entryPoints: ["charts.js"],
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "echarts",
  target: "es2020",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"', __DEV__: "false" },
  banner: { js: banner },
  outfile: new URL("echarts.min.js", page).pathname,
});
copyFileSync("node_modules/echarts/LICENSE", new URL("echarts.LICENSE", page));
copyFileSync("node_modules/echarts/NOTICE", new URL("echarts.NOTICE", page));
copyFileSync("node_modules/zrender/LICENSE", new URL("zrender.LICENSE", page));
