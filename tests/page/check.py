#!/usr/bin/env python3
"""Judges pages of `throng report` in a real browser: Debian's chromium and chromium-driver, driven by selenium.

    python tests/page/check.py --axe node_modules/axe-core/axe.min.js PAGE.html [PAGE.html ...]

Each page must draw every plot without a word in the console and without asking any network for anything, in light and dark, on a
desk and on a phone; must not scroll sideways; must pass axe-core's rules of WCAG 2.2 A and AA. With --shots DIR it leaves
screenshots. Exits with 1 when a page fails and says how.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By

DESK, PHONE = (1280, 900), (360, 780)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def browser(profile):
    options = webdriver.ChromeOptions()
    for flag in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb",
                 "--disable-background-networking", "--disable-component-update", "--no-first-run", f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


class Judge:
    def __init__(self, driver, page, axe, shots):
        self.driver, self.page, self.axe, self.shots = driver, page, axe, shots
        self.wrong = []

    def law(self, holds, words):
        if not holds:
            self.wrong.append(words)

    def run(self, script, *args):
        return self.driver.execute_script(script, *args)

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})
        time.sleep(0.4)

    def light(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})
        time.sleep(0.3)

    def shot(self, name):
        if self.shots:
            height = self.run("return document.documentElement.scrollHeight")
            width = self.run("return innerWidth")
            picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
                "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
            import base64
            (self.shots / f"{self.page.stem}-{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def all(self):
        # What the browser's own first page asked for is not ours.
        self.driver.get("about:blank")
        self.driver.get_log("performance"), self.driver.get_log("browser")
        self.light("light")
        self.size(*DESK)
        self.driver.get(self.page.resolve().as_uri())
        time.sleep(1)
        self.plots("at first")
        self.structure()
        self.shot("light")
        self.axe_rules("light")
        day = self.colours()
        self.light("dark")
        night = self.colours()
        self.law(day != night, "dark looks like light")
        self.shot("dark")
        self.axe_rules("dark")
        self.toggle(day, night)
        self.filter()
        self.size(*PHONE)
        self.light("light")
        self.driver.refresh()
        time.sleep(1)
        self.sideways("phone")
        self.plots("on a phone")
        self.shot("phone")
        self.axe_rules("phone")
        self.opened()
        self.silence()
        return self.wrong

    def plots(self, when):
        """Every plot has marks, none of them at no place, and no text of it stands beyond its edge."""
        found = self.run("""
            return [...document.querySelectorAll('.plot')].map(box => {
              const edge = box.getBoundingClientRect();
              const svg = box.querySelector('svg');
              const texts = svg ? [...svg.querySelectorAll('text')] : [];
              const out = texts.filter(text => {
                const at = text.getBoundingClientRect();
                return at.width > 0 && (at.left < edge.left - 2 || at.right > edge.right + 2 || at.top < edge.top - 3 || at.bottom > edge.bottom + 3);
              }).map(text => text.textContent);
              const small = texts.filter(text => parseFloat(getComputedStyle(text).fontSize) < 11).length;
              return { id: box.id, marks: svg ? svg.querySelectorAll('path, rect, circle, polyline').length : 0, out, small,
                nan: svg ? /NaN|undefined/.test(svg.outerHTML) : false, label: box.getAttribute('aria-label') || '' };
            });""")
        self.law(len(found) > 0, f"{when}: no plots")
        for plot in found:
            name = f"{when}: {plot['id']}"
            self.law(plot["marks"] > 3, f"{name} has {plot['marks']} marks")
            self.law(not plot["nan"], f"{name} has marks at no place")
            self.law(not plot["out"], f"{name} has texts beyond its edge: {plot['out'][:5]}")
            self.law(not plot["small"], f"{name} has {plot['small']} texts smaller than 11 px")
            self.law(len(plot["label"]) > 30, f"{name} says too little of what it shows: {plot['label']!r}")

    def structure(self):
        headings = self.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
        self.law(headings[0] == 1 and headings.count(1) == 1, "there must be one first heading")
        self.law(all(b <= a + 1 for a, b in zip(headings, headings[1:])), f"headings skip a level: {headings}")
        figures = self.driver.find_elements(By.TAG_NAME, "figure")
        for figure in figures:
            name = figure.get_attribute("id")
            rows = len(figure.find_elements(By.CSS_SELECTOR, "details table tbody tr"))
            self.law(rows > 0, f"{name} has no table behind it")
            self.law(bool(figure.find_elements(By.CSS_SELECTOR, "figcaption h3")), f"{name} has no caption")
        inline = self.run("""return [...document.querySelectorAll('*')].flatMap(e => [...e.attributes])
            .filter(a => a.name.startsWith('on')).length""")
        self.law(inline == 0, f"{inline} event handlers in attributes")
        dead = self.run("""return [...document.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute('href').slice(1))
            .filter(id => !document.getElementById(id))""")
        self.law(not dead, f"links that lead nowhere: {dead}")
        hurt = self.run("return document.querySelectorAll('img, iframe, object, embed, body > script[src]').length")
        self.law(hurt == 0, f"{hurt} foreign elements")

    def colours(self):
        return self.run("return getComputedStyle(document.body).backgroundColor")

    def toggle(self, day, night):
        button = self.driver.find_element(By.ID, "theme")
        ink = "return document.querySelector('.plot svg text').getAttribute('fill') || document.querySelector('.plot svg text').style.fill"
        before = self.run(ink)
        button.click()
        time.sleep(0.4)
        self.law(self.colours() == day, "the toggle does not lead from dark to light")
        self.law(self.run(ink) != before, "the toggle leaves the plots as they were")
        button.click()
        time.sleep(0.4)
        self.law(self.colours() == night, "the toggle does not lead back to dark")
        self.run("delete document.documentElement.dataset.theme")

    def filter(self):
        forms = self.driver.find_elements(By.CSS_SELECTOR, ".filter")
        if not forms:
            return
        count = lambda: len([e for e in self.driver.find_elements(By.CSS_SELECTOR, ".verdict") if e.is_displayed()])
        all_of_them, words = count(), forms[0].find_element(By.TAG_NAME, "input")
        words.send_keys("no check is called so")
        self.law(all_of_them > 0 and count() == 0, "the filter of the checks does not filter")
        words.clear()
        words.send_keys(" ")
        self.law(count() == all_of_them, "the filter of the checks does not let go")

    def sideways(self, when):
        wide = self.run("return document.documentElement.scrollWidth - innerWidth")
        beyond = self.run("""return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
            && !e.closest('.scroll') && !e.closest('svg')).map(e => e.outerHTML.slice(0, 80)).slice(0, 5)""")
        self.law(wide <= 0 and not beyond, f"{when}: scrolls sideways by {wide}: {beyond}")

    def opened(self):
        """With everything open, a phone still does not scroll sideways."""
        self.run("document.querySelectorAll('details').forEach(one => one.open = true)")
        time.sleep(0.5)
        self.sideways("phone, all open")

    def axe_rules(self, when):
        if not self.axe:
            return
        self.run(self.axe)
        result = self.driver.execute_async_script("""
            const done = arguments[arguments.length - 1];
            axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] }).then(r => done(r.violations.map(v => ({
              id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' | ' + (n.any[0] || {}).message) }))))
              .catch(e => done([{ id: 'axe', help: String(e), nodes: [] }]));""", RULES)
        for one in result:
            self.wrong.append(f"{when}: {one['id']}: {one['help']}: {json.dumps(one['nodes'], ensure_ascii=False)}")

    def silence(self):
        for entry in self.driver.get_log("browser"):
            self.wrong.append(f"console: {entry['level']}: {entry['message'][:300]}")
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
                self.law(url.startswith(("file:", "data:")), f"asks for {url[:200]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", type=Path, metavar="PAGE.html")
    parser.add_argument("--axe", type=Path, help="axe.min.js of the npm package axe-core")
    parser.add_argument("--shots", type=Path, help="a folder for screenshots")
    args = parser.parse_args()
    if args.shots:
        args.shots.mkdir(parents=True, exist_ok=True)
    axe = args.axe.read_text() if args.axe else None
    failed = 0
    with tempfile.TemporaryDirectory() as profile:
        driver = browser(profile)
        try:
            driver.set_script_timeout(120)
            for page in args.pages:
                wrong = Judge(driver, page, axe, args.shots).all()
                failed += bool(wrong)
                print(f"{page}: {'fails' if wrong else 'holds'}, {page.stat().st_size / 1000:.0f} kB")
                for words in wrong:
                    print(f"  {words}")
        finally:
            driver.quit()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
