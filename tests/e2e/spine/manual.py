#!/usr/bin/env python3
"""manual.py YICI FOLDER - the manual and --help speak of the same commands, options and settings.

The manual of the program is FOLDER/yici.1, in man macros. In the section COMMANDS every entry begins with a line
`.BI "yici NAME ` or `.B yici NAME`; in OPTIONS with `.B`; in SETTINGS with `.B NAME` followed by its initial value.
"""
import os, re, subprocess, sys, unittest

YICI, FOLDER = sys.argv[1:3]


def help_text(*words, language="en_US.UTF-8"):
    done = subprocess.run([YICI, *words, "--help"], capture_output=True, text=True, check=True,
                          env=dict(os.environ, LC_ALL=language))
    return done.stdout


def sections(path):
    found, name = {}, None
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    for line in lines:
        heading = re.match(r"\.SH \"?([^\"\n]+)", line)
        if heading:
            name = heading.group(1)
            found[name] = []
        elif name:
            found[name].append(line.rstrip("\n").replace("\\-", "-"))
    return found


class Manual(unittest.TestCase):
    def setUp(self):
        self.page = sections(os.path.join(FOLDER, "yici.1"))
        self.help = help_text()

    def heads(self, section, pattern):
        """What the lines behind .TP begin with."""
        lines = self.page[section]
        return [m.group(1) for before, line in zip(lines, lines[1:]) if before == ".TP"
                for m in [re.match(pattern, line)] if m]

    def test_commands(self):
        told = re.findall(r"^  yici ([a-z-]+)", self.help, re.M)
        self.assertGreater(len(told), 4)
        self.assertEqual(self.heads("COMMANDS", r"\.B[IR]* \"?yici ([a-z-]+)"), told)

    def test_options_of_commands(self):
        text = "\n".join(self.page["COMMANDS"] + self.page["OPTIONS"])
        for option in sorted(set(re.findall(r"(?<![\w-])(--[a-z-]+|-c)\b", self.help))):
            self.assertRegex(text, r"(?m)%s(?![a-z-])" % re.escape(option), option)
        for option in self.heads("OPTIONS", r"\.B[IR]* \"?(-[-a-z]+)"):
            if option != "--quiet":
                self.assertIn(option, self.help)

    def test_settings_and_their_initial_values(self):
        block = re.split(r"settings \([^)]*\):\n", self.help)[1]
        told = [(line[2:27].strip(), line[27:].split(" ")[0] if line[27:28] != " " else "") for line in block.splitlines()
                if line.startswith("  ")]
        self.assertGreater(len(told), 10)
        lines = self.page["SETTINGS"]
        held = [(m.group(1), m.group(2) or "") for before, line in zip(lines, lines[1:]) if before == ".TP"
                for m in [re.match(r"\.BR? ([a-z.]+)(?: \"? ?\(?([^)\"]*)\)?\"?)?$", line)] if m]
        self.assertEqual(held, told)

    def test_every_command_helps(self):
        for command in re.findall(r"^  yici ([a-z-]+)", self.help, re.M):
            self.assertIn("yici " + command, help_text(command))
            self.assertIn("yici " + command, help_text(command, language="zh_CN.UTF-8"))

    def test_the_page_is_well_formed(self):
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-k", os.path.join(FOLDER, "yici.1")],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
