"""Where a server is, and how one gets there: address, trust and proxy, decided once for HTTP and WebSocket.

Owns no connection.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from colony_tui.errors import SettingsError


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """A ColonyOS server's host, port and the way to trust it."""

    host: str
    """Name or IP address, IPv6 without brackets."""
    port: int
    tls: bool = True
    ca_file: Path | None = None
    """Own certificate authority (PEM) instead of the system's."""
    is_insecure: bool = False
    """Accept any certificate: whoever stands between can read and change everything."""

    @property
    def authority(self) -> str:
        """``host:port``, IPv6 in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def http_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.authority}"

    @property
    def websocket_url(self) -> str:
        return f"{'wss' if self.tls else 'ws'}://{self.authority}/pubsub"

    @property
    def is_loopback(self) -> bool:
        """Whether nothing leaves this machine on the way there."""
        if self.host.lower().rstrip(".") in ("localhost", "ip6-localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_exposed(self) -> bool:
        """Whether signed requests can be read and replayed on the way (PROTOCOL.md, "Identity")."""
        return (not self.tls or self.is_insecure) and not self.is_loopback

    @property
    def security(self) -> str:
        """The state of encryption in words."""
        if self.tls:
            return "encrypted, certificate not checked" if self.is_insecure else "encrypted"
        return "not encrypted, loopback" if self.is_loopback else "not encrypted"

    def tls_context(self) -> ssl.SSLContext | None:
        """The one TLS context, ``None`` without TLS.

        Raises:
            SettingsError: the file of the certificate authority cannot be read.
        """
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(
                f"The certificate authority file {self.ca_file} cannot be used: {error}; give a file in PEM format"
            ) from None
        if self.is_insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def proxy(self) -> str | None:
        """The proxy that the environment names for this server; none for this machine.

        Raises:
            SettingsError: the environment names a proxy of a kind that cannot be used.
        """
        if self.is_loopback:
            return None
        # It loads an HTTP client of its own.
        from urllib.request import getproxies, proxy_bypass

        if proxy_bypass(self.host):
            return None
        proxies = getproxies()
        url = proxies.get("https" if self.tls else "http") or proxies.get("all")
        if not url:
            return None
        if "://" not in url:
            url = f"http://{url}"
        if urlsplit(url).scheme not in ("http", "https"):
            raise SettingsError(
                f"The proxy {urlsplit(url).scheme}://{urlsplit(url).hostname} is of a kind that is not supported; "
                "set an http:// or https:// proxy, or NO_PROXY for this server"
            )
        return url
