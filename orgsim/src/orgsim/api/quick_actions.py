"""The lists of quick actions: the global ones and those of an object."""

from orgsim.api.calls import ApiAnswer, ApiCall
from orgsim.api.conditions import SchemaWatch, answer_if_changed
from orgsim.errors import method_not_allowed, not_supported
from orgsim.schema import SObject
from orgsim.store import Store

__all__ = ["QuickActions"]

# Name, label, type and the object that has to be there.
_GLOBAL = (
    ("LogACall", "Log a Call", "LogACall", "Task"),
    ("NewTask", "New Task", "Create", "Task"),
    ("NewEvent", "New Event", "Create", "Event"),
    ("NewContact", "New Contact", "Create", "Contact"),
    ("NewAccount", "New Account", "Create", "Account"),
    ("NewLead", "New Lead", "Create", "Lead"),
    ("NewCase", "New Case", "Create", "Case"),
    ("NewOpportunity", "New Opportunity", "Create", "Opportunity"),
)
_WITH_ACTIVITIES = frozenset({"Account", "Campaign", "Case", "Contact", "Lead", "Opportunity"})
_ON_RECORDS = frozenset({"LogACall", "NewTask", "NewEvent"})


class QuickActions:
    """`/quickActions` and `/sobjects/<object>/quickActions`, lists only."""

    def __init__(self, store: Store) -> None:
        """Offer the actions that fit the objects of one org."""
        self._store = store
        self._watch = SchemaWatch(store)

    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answer the global list; raises ApiError 501 for describing or doing an action."""
        return self._list(call, call.segments[1:], f"{call.base}/quickActions", None)

    def answer_for(self, call: ApiCall, sobject: SObject) -> ApiAnswer:
        """Answer the list of an object; it is empty where records have no activities."""
        base = f"{call.base}/sobjects/{sobject.name}/quickActions"
        return self._list(call, call.segments[3:], base, sobject)

    def _list(
        self, call: ApiCall, rest: tuple[str, ...], base: str, sobject: SObject | None
    ) -> ApiAnswer:
        if rest:
            raise not_supported("Describing or doing a quick action")
        if call.method not in {"GET", "HEAD"}:
            raise method_not_allowed(call.method, "GET,HEAD")
        actions = [
            _action(base, name, label, kind)
            for name, label, kind, needed in _GLOBAL
            if self._store.schema.sobject(needed) is not None
            and (sobject is None or (sobject.name in _WITH_ACTIVITIES and name in _ON_RECORDS))
        ]
        return answer_if_changed(call, self._watch.changed(), lambda: actions)


def _action(base: str, name: str, label: str, kind: str) -> dict[str, object]:
    url = f"{base}/{name}"
    return {
        "actionEnumOrId": name,
        "label": label,
        "name": name,
        "type": kind,
        "urls": {
            "quickAction": url,
            "defaultValues": f"{url}/defaultValues",
            "defaultValuesTemplate": f"{url}/defaultValues/{{ID}}",
            "describe": f"{url}/describe",
        },
    }
