"""A plugin of pytest: requests is accelerated before the tests import it."""

import greenroom

greenroom.accelerate("requests")
