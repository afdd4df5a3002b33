"""English: alerts of probes."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "ProbeFailed": AlertText(
        "Probe <subject> fails",
        "The probe <subject> has failed for two minutes: <value>, expected <limit>.",
        "The blackbox exporter asked from outside, as a user would, and got no good answer.",
        (
            "Ask the same by hand: `curl -v URL`.",
            "The service itself is up? Then look at DNS, the proxy, the certificate and the firewall.",
        ),
    ),
    "CertificateExpiresSoon": AlertText(
        "Certificate of <subject> expires in <value>",
        "The certificate of <subject> expires in <value>; it should have at least <limit>.",
        "The earliest expiry in the chain that the server presents.",
        (
            "Does automatic renewal run? Look at its last log (certbot, acme, the proxy).",
            "Renewed but not loaded: reload the server that presents it.",
        ),
    ),
}
