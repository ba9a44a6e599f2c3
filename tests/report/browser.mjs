// Opens pages of reports in Chromium: node browser.mjs CHROMIUM PLAYWRIGHT_FOLDER SCREENSHOT_FOLDER PAGE.html...
// Every page, at two widths, light and dark: no error on the console, no request leaves the page, charts have text
// alternatives, numbers lead to derivations, tables sort, sliders work, and nothing is wider than the window.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { basename, join } from "node:path";

const [chromium_path, playwright_folder, shots, ...pages] = process.argv.slice(2);
const { chromium } = createRequire(join(playwright_folder, "x.js"))("playwright-core");
const complaints = [];

async function look(context, file, width, theme) {
  const where = `${basename(file)} ${width} ${theme}`;
  const complain = (text) => complaints.push(`${where}: ${text}`);
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: theme });
  await page.setViewportSize({ width, height: 900 });
  page.on("console", (message) => message.type() === "error" && complain(`console: ${message.text()}`));
  page.on("pageerror", (error) => complain(`error: ${error.message}`));
  page.on("request", (request) => request.url().startsWith("file:") || complain(`request: ${request.url()}`));
  await page.goto(pathToFileURL(file).href);
  await page.screenshot({ path: join(shots, `${basename(file, ".html")}-${width}-${theme}.png`), fullPage: true });

  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) complain(`${wide} pixels wider than the window`);
  const mute = await page.$$eval("svg", (all) => all.filter((svg) =>
    svg.getAttribute("role") !== "img" || !svg.querySelector("title")?.textContent || !svg.querySelector("desc")?.textContent).length);
  if (mute > 0) complain(`${mute} charts without text alternative`);

  const slider = await page.$("input[data-whatif]");
  if (slider) {
    const id = await slider.getAttribute("data-whatif");
    const read = () => page.$eval(`#${id}-0-0`, (cell) => cell.textContent);
    const before = [await read(), await page.$eval(`#${id}-out`, (o) => o.textContent)];
    await slider.focus();
    await page.keyboard.press("End");
    const after = [await read(), await page.$eval(`#${id}-out`, (o) => o.textContent)];
    if (before[0] === after[0] || before[1] === after[1]) complain("the slider changes nothing");
  }
  const sorted = await page.evaluate(() => {
    const button = document.querySelector("table.sort thead th.r button");
    if (!button) return true;
    button.click();
    const head = button.closest("th");
    const rows = [...head.closest("table").tBodies[0].rows].filter((row) => !row.classList.contains("total"));
    const values = rows.map((row) => parseFloat(row.cells[head.cellIndex].textContent.replace(/,/g, ""))).filter((v) => !isNaN(v));
    return head.getAttribute("aria-sort") === "ascending" && values.every((v, i) => i === 0 || values[i - 1] <= v);
  });
  if (!sorted) complain("a table does not sort");
  const number = await page.$("a.n");
  if (number) {
    await number.click();
    const shown = await page.$$eval(".w:target", (all) => all.filter((w) => w.getBoundingClientRect().height > 0).length);
    if (shown !== 1) complain("a number does not show its derivation");
    await page.keyboard.press("Escape");
    if (await page.$(".w:target")) complain("Escape does not close the derivation");
  }
  await page.close();
}

const browser = await chromium.launch({ executablePath: chromium_path, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
// A busy machine is slow, not wrong: what hangs is ended from outside.
const patient = (context) => (context.setDefaultTimeout(0), context);
for (const file of pages) {
  const context = patient(await browser.newContext());
  for (const width of [1440, 390]) for (const theme of ["light", "dark"]) await look(context, file, width, theme);
  await context.close();
  const plain = patient(await browser.newContext({ javaScriptEnabled: false }));
  const page = await plain.newPage();
  await page.goto(pathToFileURL(file).href);
  const number = await page.$("a.n");
  if (number) {
    await number.click();
    if (!(await page.locator(".w:target").isVisible())) complaints.push(`${basename(file)}: without scripts a number does not show its derivation`);
  }
  await page.close();
  await plain.close();
}
await browser.close();
console.log(complaints.join("\n") || `${pages.length} pages are well`);
process.exit(complaints.length ? 1 : 0);
