"""Where a request came in: the org's own address or a site's."""

from dataclasses import dataclass

from orgsim.settings import Community, Settings

__all__ = ["Place", "instance_url"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The address a request was sent to; `community` is None for the org itself."""

    origin: str
    community: Community | None = None

    @property
    def prefix(self) -> str:
        """What the site's paths begin with; empty for the org itself."""
        return f"/{self.community.path}" if self.community is not None else ""

    @property
    def base(self) -> str:
        """The url that the OAuth paths follow."""
        return self.origin + self.prefix


def instance_url(origin: str, settings: Settings) -> str:
    """Return the url that tokens are told to be used at, which a rename changes."""
    return origin.replace("//localhost", f"//{settings.instance_host}")
