#!/usr/bin/env python3
"""serve.py YICI WORK - the page and the figures: for looking only, by whom it may concern, whatever is sent."""
import http.client, json, os, random, re, shutil, socket, subprocess, sys, time, unittest

YICI, WORK = map(os.path.abspath, sys.argv[1:3])
DATA = WORK + "/data"
HEADERS = {"content-security-policy": r"default-src 'none'", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
           "referrer-policy": "no-referrer", "cache-control": "no-store"}


class Server:
    def __init__(self, *words):
        self.log = open(WORK + "/serve.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen([YICI, "serve", DATA, "--set", "serve.port=0", *words], stderr=self.log,
                                        env=dict(os.environ, LC_ALL="en_US.UTF-8"))
        for _ in range(100):
            self.log.seek(0)
            found = re.search(r"port=(\d+)", self.log.read())
            if found or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if not found:
            self.end()
            raise AssertionError("serve did not begin")
        self.port = int(found.group(1))

    def ask(self, path, method="GET", host=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host=host is not None)
        if host:
            connection.putheader("Host", host)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, body

    def end(self):
        self.process.terminate()
        status = self.process.wait(20)
        self.log.close()
        return status


class Serve(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shutil.rmtree(WORK, ignore_errors=True)
        os.makedirs(WORK)
        for words in (["make-sample", "--students", "300", "--seed", "3", "--nights", "1", "--out", WORK + "/sample"], ["init", DATA]):
            subprocess.run([YICI, *words], check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(WORK + "/sample/night-01/inbox", DATA + "/inbox", dirs_exist_ok=True)
        subprocess.run([YICI, "run", DATA, "--date", "2026-09-02"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_pages_and_their_headers(self):
        server = Server()
        try:
            for path, kind in (("/", "text/html"), ("/status.json", "application/json"), ("/metrics", "text/plain; version=0.0.4")):
                status, headers, body = server.ask(path)
                self.assertEqual(status, 200)
                self.assertTrue(headers["content-type"].startswith(kind), headers)
                self.assertTrue(body)
                status, head, nothing = server.ask(path, "HEAD")
                self.assertEqual((status, nothing, head["content-length"]), (200, b"", str(len(body))))
            self.assertEqual(json.loads(server.ask("/status.json")[2])["run"], "20260902-1")
            self.assertIn(b"\nyici_students ", server.ask("/metrics")[2])
            for path, method, wanted in (("/", "GET", 200), ("/no", "GET", 404), ("/../etc/passwd", "GET", 404), ("/", "POST", 405),
                                         ("/", "PUT", 405), ("/metrics", "DELETE", 405), ("/", "OPTIONS", 405), ("/", "TRACE", 405)):
                status, headers, body = server.ask(path, method)
                self.assertEqual(status, wanted, (path, method))
                for name, value in HEADERS.items():
                    self.assertRegex(headers.get(name, ""), value, (path, method, name))
                self.assertNotIn("access-control-allow-origin", headers)
                self.assertNotIn(b"<script", body)
        finally:
            self.assertEqual(server.end(), 0)

    def test_other_hosts_names_are_not_ours(self):
        server = Server()
        try:
            for host, wanted in (("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:9465", 200), ("evil.example", 403),
                                 ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403)):
                self.assertEqual(server.ask("/metrics", host=host)[0], wanted, host)
        finally:
            server.end()

    def test_beyond_this_machine_a_token_is_wanted(self):
        done = subprocess.run([YICI, "serve", DATA, "--set", "serve.address=0.0.0.0"], capture_output=True)
        self.assertEqual(done.returncode, 78)
        token = WORK + "/token"
        with open(token, "w", encoding="utf-8") as file:
            file.write("correct-horse-battery\n")
        words = ["--set", "serve.address=0.0.0.0", "--set", "serve.token=" + token]
        os.chmod(token, 0o644)
        self.assertEqual(subprocess.run([YICI, "serve", DATA, *words], capture_output=True).returncode, 78)
        os.chmod(token, 0o600)
        server = Server(*words)
        try:
            self.assertEqual(server.ask("/metrics")[0], 401)
            for wrong in ("correct-horse-battery", "Bearer correct-horse-batter", "Bearer correct-horse-batteryy", "Bearer ", "Basic x"):
                self.assertEqual(server.ask("/metrics", Authorization=wrong)[0], 401, wrong)
            self.assertEqual(server.ask("/metrics", Authorization="Bearer correct-horse-battery", host="yici.edu.example")[0], 200)
        finally:
            server.end()
        with open(WORK + "/serve.log", encoding="utf-8") as file:
            self.assertNotIn("horse", file.read())

    def test_silent_connections_do_not_stop_it_for_long(self):
        server = Server()
        idle = []
        try:
            for _ in range(300):
                idle.append(socket.create_connection(("127.0.0.1", server.port), timeout=5))
                idle[-1].sendall(b"GET / HTTP/1.1\r\nX: ")
            until = time.time() + 60
            while True:
                try:
                    self.assertEqual(server.ask("/metrics")[0], 200)
                    break
                except (OSError, http.client.HTTPException):
                    self.assertLess(time.time(), until)
                    time.sleep(0.5)
        finally:
            for one in idle:
                one.close()
            self.assertEqual(server.end(), 0)

    def test_nonsense_changes_nothing(self):
        rng = random.Random(5)
        server = Server()
        pieces = [b"GET ", b"HEAD ", b"/", b"/metrics", b" HTTP/1.1", b"\r\n", b"Host: localhost", b"Content-Length: ", b"99999999999999999999",
                  b"Transfer-Encoding: chunked", b"\x00", b"\xff" * 9, b":", b"A" * 5000, b"%2e%2e/", b"Expect: 100-continue"]
        try:
            for _ in range(400):
                one = socket.create_connection(("127.0.0.1", server.port), timeout=5)
                try:
                    one.sendall(b"".join(rng.choice(pieces) for _ in range(rng.randrange(1, 12))))
                except OSError:
                    pass
                one.close()
            self.assertEqual(server.ask("/status.json")[0], 200)
        finally:
            self.assertEqual(server.end(), 0)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
