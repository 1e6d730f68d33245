"""Settings: flags, then the environment that ColonyOS users already have, then a profile, then defaults.

The one place where settings are read. Owns their names, where they are looked for and what is said when one is wrong.
A private key comes from the environment, from a file that only its owner can read, or from a prompt.

The profile file is ``config.toml`` in the user's configuration folder::

    profile = "work"                 # which one is taken without --profile; else the one named "default"

    [profiles.work]
    host = "colony.example.org"
    port = 443
    colony = "dev"
    private_key_file = "work.key"    # beside this file; mode 0600
    archive = "work/archive.db"      # where history is kept; false: nowhere
    sockets = 16                     # subscriptions that are open at a time
    theme = "colony-light"           # else the one that was chosen last
    ack = false                      # acknowledge nothing on sync
"""

from colony_tui.config.reader import DEFAULT_PORT, PRIVATE_KEY_VARIABLE, config_file, data_folder, load_settings
from colony_tui.config.settings import Flags, Settings
from colony_tui.config.values import DESK_NAME

__all__ = [
    "DEFAULT_PORT",
    "DESK_NAME",
    "PRIVATE_KEY_VARIABLE",
    "Flags",
    "Settings",
    "config_file",
    "data_folder",
    "load_settings",
]
