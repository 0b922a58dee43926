"""Places on somebody's computer or network, which often bear a name."""

import re

LOCAL = re.compile(r"(?i)\bfile:|\\\\\w|\b[a-z]:[\\/]|(?<![\w/])/(?:users|home)/")
