"""A word of warning before a key of the exchange goes to an address of this machine."""

from __future__ import annotations

from weexctl.actions.context import Context
from weexctl.config.credentials import SIM_CREDENTIALS, Credentials
from weexctl.journal.place import Place
from weexctl.trader.address import address_of

__all__ = ["note_where_key_goes"]


def note_where_key_goes(context: Context, base_url: str | None, credentials: Credentials) -> None:
    """Say on stderr that whoever listens at a loopback address is shown this key; the simulator's own is no secret.

    Raises:
        ConfigError: the address is neither the exchange nor on this machine.
    """
    address = address_of(base_url)
    if address.place is Place.LOOPBACK and credentials != SIM_CREDENTIALS:
        context.note(
            f"warning: API key and passphrase go to {address.url}, where a program of this machine listens and not the"
            " exchange; a simulator takes the key sim, sim, sim"
        )
