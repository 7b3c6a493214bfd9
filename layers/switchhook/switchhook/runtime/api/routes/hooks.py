"""A tenant's hooks."""

from datetime import UTC, datetime

from switchhook.domain.tenants import Role
from switchhook.ports.admin import Hooks, ProviderCatalog
from switchhook.ports.cipher import Cipher
from switchhook.ports.ingress import HookReader
from switchhook.runtime.api.answers.tenants import Hook, HookPage
from switchhook.runtime.api.bodies import NewHookBody, PageQuery, RotateSecretBody, SecretBody
from switchhook.runtime.api.route import Reply, Request, Route
from switchhook.usecases.tenants.hooks import (
    HookEntropy,
    HookWish,
    ShownHook,
    create_hook,
    delete_hook,
    get_hook,
    rotate_secret,
    show,
    take_secret,
)

_ADMIN = frozenset({Role.ADMIN})
_HOOKS = "/v1/tenants/{tenant_id}/hooks"
_HOOK = "/v1/tenants/{tenant_id}/hooks/{hook_id}"


def _create(
    request: Request,
    *,
    hooks: Hooks,
    catalog: ProviderCatalog,
    cipher: Cipher,
    entropy: HookEntropy,
) -> Reply:
    body = request.body_as(NewHookBody)
    made = create_hook(
        request.tenant_id,
        HookWish(
            provider=body.provider,
            kind=body.kind,
            secret=body.secret,
            source=body.source,
            replaces=body.replaces,
        ),
        catalog=catalog,
        hooks=hooks,
        cipher=cipher,
        entropy=entropy,
        now=request.now,
    )
    return Reply(status=201, body=_shown(made, request))


def _list(request: Request, *, hooks: Hooks, catalog: ProviderCatalog) -> Reply:
    query = request.query_as(PageQuery)
    page = hooks.page(request.tenant_id, limit=query.limit, cursor=query.cursor)
    items = tuple(_shown(show(hook, catalog=catalog), request) for hook in page.items)
    return Reply(body=HookPage(items=items, next_cursor=page.next_cursor))


def _get(request: Request, *, hooks: Hooks, catalog: ProviderCatalog) -> Reply:
    hook_id = request.names["hook_id"]
    found = get_hook(request.tenant_id, hook_id, hooks=hooks, catalog=catalog)
    return Reply(body=_shown(found, request))


def _take_secret(
    request: Request,
    *,
    hooks: Hooks,
    reader: HookReader,
    catalog: ProviderCatalog,
    cipher: Cipher,
) -> Reply:
    body = request.body_as(SecretBody)
    changed = take_secret(
        request.tenant_id,
        request.names["hook_id"],
        body.secret,
        keep_previous_s=body.keep_previous_s,
        hooks=hooks,
        reader=reader,
        cipher=cipher,
        catalog=catalog,
        now=request.now,
    )
    return Reply(body=_shown(changed, request))


def _rotate(
    request: Request,
    *,
    hooks: Hooks,
    reader: HookReader,
    catalog: ProviderCatalog,
    cipher: Cipher,
    entropy: bytes,
) -> Reply:
    changed = rotate_secret(
        request.tenant_id,
        request.names["hook_id"],
        keep_previous_s=request.body_as(RotateSecretBody).keep_previous_s,
        hooks=hooks,
        reader=reader,
        cipher=cipher,
        catalog=catalog,
        entropy=entropy,
        now=request.now,
    )
    return Reply(body=_shown(changed, request))


def _delete(request: Request, *, hooks: Hooks) -> Reply:
    hook_id = request.names["hook_id"]
    delete_hook(request.tenant_id, hook_id, hooks=hooks, now=request.now)
    return Reply(status=204)


def _shown(shown: ShownHook, request: Request) -> Hook:
    hook = shown.hook
    until = hook.previous_until
    if until is not None and until <= request.now.timestamp():
        until = None
    return Hook(
        hook_id=hook.id,
        provider=hook.provider,
        kind=hook.kind,
        url=_url(shown, request),
        secret=shown.secret,
        needs_secret=not hook.has_secret,
        source=hook.source,
        instructions=shown.provider.instructions,
        created_at=hook.created_at,
        previous_secret_until=None if until is None else datetime.fromtimestamp(until, UTC),
    )


def _url(shown: ShownHook, request: Request) -> str:
    """The address to give to the provider, with its key only where the secret is shown anyway."""
    url = f"{request.base_url}/hooks/{shown.hook.id}/{shown.hook.kind}-ended"
    return f"{url}?key={shown.secret}" if shown.provider.key_in_url and shown.secret else url


ROUTES = (
    Route(
        method="POST",
        path=_HOOKS,
        roles=_ADMIN,
        run=lambda request, root: _create(
            request,
            hooks=root.hooks,
            catalog=root.catalog,
            cipher=root.cipher,
            entropy=HookEntropy(hook_id=root.entropy(), secret=root.entropy()),
        ),
        summary="Make a hook; a secret that we make is shown in this answer only.",
        status=201,
        answer=Hook,
        body=NewHookBody,
    ),
    Route(
        method="GET",
        path=_HOOKS,
        roles=_ADMIN,
        run=lambda request, root: _list(request, hooks=root.hooks, catalog=root.catalog),
        summary="List the tenant's hooks.",
        answer=HookPage,
        query=PageQuery,
    ),
    Route(
        method="GET",
        path=_HOOK,
        roles=_ADMIN,
        run=lambda request, root: _get(request, hooks=root.hooks, catalog=root.catalog),
        summary="Show a hook.",
        answer=Hook,
    ),
    Route(
        method="PATCH",
        path=_HOOK,
        roles=_ADMIN,
        run=lambda request, root: _take_secret(
            request,
            hooks=root.hooks,
            reader=root.hook_reader,
            catalog=root.catalog,
            cipher=root.cipher,
        ),
        summary="Give a hook its provider's secret; the one before works keep_previous_s longer.",
        answer=Hook,
        body=SecretBody,
        refusals=(409,),
    ),
    Route(
        method="DELETE",
        path=_HOOK,
        roles=_ADMIN,
        run=lambda request, root: _delete(request, hooks=root.hooks),
        summary="Delete a hook; within a minute it answers 404. What it took in is still logged.",
        status=204,
        answer=None,
    ),
    Route(
        method="POST",
        path=f"{_HOOK}/rotate",
        roles=_ADMIN,
        run=lambda request, root: _rotate(
            request,
            hooks=root.hooks,
            reader=root.hook_reader,
            catalog=root.catalog,
            cipher=root.cipher,
            entropy=root.entropy(),
        ),
        summary="Make a hook's new secret; the one before works keep_previous_s longer.",
        answer=Hook,
        body=RotateSecretBody,
        refusals=(409,),
    ),
)
