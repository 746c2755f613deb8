"""The front door over HTTP: routes, who may use them, and the member's pages."""
