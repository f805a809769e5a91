"""A Prosody of one's own on free ports of the loopback interface, trusted by nobody but who is given its authority."""

import pathlib
import socket
import subprocess
import time

MODULES = ("roster saslauth tls disco carbons pep private blocklist vcard4 vcard_legacy version time ping mam smacks "
           "csi_simple bookmarks presence message iq offline c2s").split()

CONFIGURATION = """\
run_as_root = true
pidfile = "{dir}/prosody.pid"
data_path = "{dir}/data"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ }}
modules_enabled = {{ {modules} }}
modules_disabled = {{ "s2s", "posix" }}
authentication = "internal_plain"
storage = "internal"
-- The people of the demonstration sign in without encryption, on this machine's loopback interface; Stonechat never does.
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
smacks_hibernation_time = 60
limits = {{ }}
log = {{ info = "{dir}/prosody.log" }}
{more}
{hosts}
"""

OPENSSL = """\
[req]
prompt = no
distinguished_name = dn
[dn]
CN = {name}
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
subjectAltName = DNS:{name}
"""


def encoded(name):
    """Prosody's names of files: all but letters and digits in hexadecimal."""
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"%{b:02x}" for b in c.encode()) for c in name)


class Server:
    """Accounts are written before the start, without asking the server. `more` is added to its configuration."""

    def __init__(self, directory, domains, more=""):
        self.dir = pathlib.Path(directory)
        self.domains = domains
        self.more = more
        self.port = None
        self.process = None
        (self.dir / "data").mkdir(parents=True)

    @property
    def ca_file(self):
        return self.dir / "ca.pem"

    def add_account(self, address, password, roster):
        """`roster` is a list of (address, name, groups), all of them subscribed both ways."""
        user, _, domain = address.partition("@")
        self._write(domain, "accounts", user, f"return {{ [\"password\"] = {lua(password)} }};\n")
        items = "".join(
            f'  [{lua(jid)}] = {{ ["subscription"] = "both", ["name"] = {lua(name)},'
            f' ["groups"] = {{ {"".join(f"[{lua(group)}] = true, " for group in groups)}}} }},\n'
            for jid, name, groups in roster)
        self._write(domain, "roster", user, f'return {{\n  [false] = {{ ["version"] = 1, ["pending"] = {{}} }},\n{items}}};\n')

    def start(self):
        self._make_certificates()
        # Between our looking for a free port and the server's taking it somebody else may have done so.
        for _ in range(5):
            self.port = free_port()
            hosts = "".join(f'VirtualHost {lua(domain)}\n  ssl = {{ key = "{self.dir}/server.key", certificate = "{self.dir}/server.pem" }}\n'
                            for domain in self.domains)
            modules = ", ".join(lua(module) for module in MODULES)
            (self.dir / "prosody.cfg.lua").write_text(
                CONFIGURATION.format(dir=self.dir, port=self.port, modules=modules, more=self.more, hosts=hosts))
            if self._try_start():
                return
        raise SystemExit(f"Prosody does not start; its log:\n{self.log()}")

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
            self.process = None

    def log(self):
        return "".join(file.read_text() for file in (self.dir / "prosody.log", self.dir / "prosody.out") if file.exists())

    def _try_start(self):
        # Killed with whoever started it, even when that is killed itself.
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "prosody", "-F", "--config", self.dir / "prosody.cfg.lua"],
            stdin=subprocess.DEVNULL, stdout=(self.dir / "prosody.out").open("w"), stderr=subprocess.STDOUT)
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            if is_answering(self.port) and "Failed to open server port" not in self.log():
                return True
            time.sleep(0.02)
        self.stop()
        return False

    def _write(self, domain, store, user, text):
        directory = self.dir / "data" / encoded(domain) / store
        directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{encoded(user)}.dat").write_text(text)

    def _make_certificates(self):
        (self.dir / "openssl.cnf").write_text(OPENSSL.format(name=self.domains[0]))
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                   "-config", "openssl.cnf", "-days", "30"]
        for arguments in (["-extensions", "ca", "-subj", "/CN=A throw-away authority", "-keyout", "ca.key", "-out", "ca.pem"],
                          ["-extensions", "leaf", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem"]):
            subprocess.run(request + arguments, cwd=self.dir, check=True, capture_output=True)


def lua(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_answering(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
