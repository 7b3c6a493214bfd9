"""The refusals of the token endpoints."""

from orgsim.web import HttpAnswer, json_answer

__all__ = ["OAuthError", "not_built", "require"]


class OAuthError(Exception):
    """A refusal in OAuth's form, answered with status 400."""

    def __init__(self, error: str, description: str) -> None:
        """Keep the error word and its description."""
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description


def require(form: dict[str, str], *names: str) -> None:
    """Raise OAuthError unless the form has a value for each name."""
    for name in names:
        if not form.get(name):
            raise OAuthError("invalid_request", f"missing required parameter: {name}")


def not_built(what: str) -> HttpAnswer:
    """Return the answer for what a real org does and this one does not."""
    body = {
        "error": "not_implemented",
        "error_description": f"{what} is not part of this simulated org; nothing was done",
    }
    return json_answer(body, status=501)
