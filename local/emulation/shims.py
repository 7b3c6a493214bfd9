"""Mends the emulator's known gaps from outside, and refuses to start when one of them no longer fits.

Each shim names the attribute it wraps and that attribute's signature. The emulator is pinned; a newer one
that moved something makes `install_all` fail with the list of what to look at, never half work.
"""

import functools
import importlib
import importlib.metadata
from collections.abc import Callable
from typing import Any

from local.emulation import http_api, iam_context, sam_template, sqs_rules
from local.emulation.shim import EmulatorChangedError, Shim

type Json = dict[str, Any]

MINISTACK_VERSION = "1.5.33"


def install_all() -> None:
    """Installs every shim.

    Raises:
        EmulatorChangedError: the emulator's version or a wrapped attribute differs; nothing is installed.
    """
    problems = [problem for shim in SHIMS if (problem := shim.problem())]
    version = importlib.metadata.version("ministack")
    if version != MINISTACK_VERSION:
        problems.insert(
            0, f"ministack is {version}, the shims were proven with {MINISTACK_VERSION}"
        )
    if problems:
        raise EmulatorChangedError(
            "The local cloud cannot start: "
            + "; ".join(problems)
            + ". Install the pinned version or mend local/emulation/shims.py."
        )
    for shim in SHIMS:
        shim.install()
    _register_sqs_rules()


def _fit_transformed_template(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def transform(*args: Any, **kwargs: Any) -> Json:  # noqa: ANN401  # passed through unseen
        return sam_template.fit_for_emulator(original(*args, **kwargs))

    return transform


def _complete_http_events(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def execute(func: Json, event: Json) -> Json:
        if not http_api.is_http_api_event(event):
            result: Json = original(func, event)
            return result
        complete = http_api.complete_event(event)
        if http_api.too_large(complete):
            return {"refused_as_too_large": True}
        completed: Json = original(func, complete)
        return completed

    return execute


def _answer_as_http_api(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def respond(exec_result: Json) -> tuple[Json, str | None]:
        proxied, note = original(exec_result)
        return http_api.answer_to_client(exec_result, proxied), note

    return respond


def _route_preflights(original: Callable[..., Any]) -> Callable[..., Any]:
    # Without a CORS configuration AWS treats OPTIONS as any method; the emulator refuses it. In lower
    # case it gets past that answer to the ANY routes, and `complete_event` writes it large again.
    @functools.wraps(original)
    async def execute(
        api_id: str,
        stage: str,
        path: str,
        method: str,
        *rest: Any,  # noqa: ANN401  # passed through unseen
    ) -> tuple[int, Json, bytes]:
        api = importlib.import_module("ministack.services.apigateway")._apis.get(api_id)  # noqa: SLF001  # no API tells it unsigned
        if method == "OPTIONS" and api and not api.get("corsConfiguration"):
            method = method.lower()
        answer: tuple[int, Json, bytes] = await original(api_id, stage, path, method, *rest)
        return answer

    return execute


def _count_concurrency(original: Callable[..., Any]) -> Callable[..., Any]:
    # A limit that came from a template parameter is text, and comparing it ends the poller.
    @functools.wraps(original)
    def limit(esm: Json, *rest: Any) -> int:  # noqa: ANN401  # passed through unseen
        scaling = esm.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            esm = {
                **esm,
                "ScalingConfig": {"MaximumConcurrency": int(scaling["MaximumConcurrency"])},
            }
        batches: int = original(esm, *rest)
        return batches

    return limit


def _drain_logs_quickly(original: Callable[..., Any]) -> Callable[..., Any]:
    # The emulator waits 50 ms for a first log line after every invocation, logged or not.
    @functools.wraps(original)
    def drain(
        self: object,
        first_line_wait: float = 0.002,
        idle_confirm: float = 0.002,
        hard_cap: float = 0.1,
    ) -> str:
        text: str = original(self, first_line_wait, idle_confirm, hard_cap)
        return text

    return drain


def _buffer_runtime_api(original: Callable[..., Any]) -> Callable[..., Any]:
    # Unbuffered writes meet Nagle and delayed acknowledgement: 40 ms for each invocation.
    @functools.wraps(original)
    def build(self: object, generation: int, pending: object) -> Any:  # noqa: ANN401  # a class
        handler = original(self, generation, pending)
        handler.wbufsize = 65536
        handler.disable_nagle_algorithm = True
        return handler

    return build


def _add_leading_keys(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def context(body: bytes) -> Json:
        return {**original(body), **iam_context.dynamodb_keys(body, _partition_key)}

    return context


def _partition_key(table: str, index: str | None) -> str | None:
    tables = importlib.import_module("ministack.services.dynamodb")._tables  # noqa: SLF001  # no API tells it unsigned
    found = tables.get(table.rpartition("/")[2])
    if found is None:
        return None
    schema = found["KeySchema"]
    for candidate in found.get("GlobalSecondaryIndexes") or ():
        if candidate["IndexName"] == index:
            schema = candidate["KeySchema"]
    names: list[str] = [key["AttributeName"] for key in schema if key["KeyType"] == "HASH"]
    return names[0]


def _add_encryption_context(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def context(service: str, iam_action: str, body: bytes, params: Json) -> Json:
        keys: Json = original(service, iam_action, body, params)
        return {**keys, **iam_context.kms_keys(body)} if service == "kms" else keys

    return context


def _name_permissions(original: Callable[..., Any]) -> Callable[..., Any]:
    # SQS API reference: who may send one message may send a batch; there is no permission of its own for it.
    @functools.wraps(original)
    def action(
        service: str, method: str, path: str, headers: Json, body: bytes, query_params: Json
    ) -> str | None:
        named: str | None = original(service, method, path, headers, body, query_params)
        return named.removesuffix("Batch") if named and named.startswith("sqs:") else named

    return action


def _say_tls(original: Callable[..., Any]) -> Callable[..., Any]:
    # On AWS every request comes over TLS; here the last metre is plain, and a policy that demands TLS would deny all.
    @functools.wraps(original)
    def pin(source_ip: str, secure_transport: bool) -> None:  # noqa: ARG001, FBT001  # ministack's signature
        original(source_ip, secure_transport=True)

    return pin


def _check_identifiers(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def send(data: Json, qurl: str) -> Json:
        problem = sqs_rules.identifier_problem(data)
        if problem is not None:
            refusal = importlib.import_module("ministack.services.sqs")._Err  # noqa: SLF001  # its way to refuse
            raise refusal("InvalidParameterValue", problem)
        sent: Json = original(data, qurl)
        return sent

    return send


def _register_sqs_rules() -> None:
    """Puts the wrapped SendMessage into the emulator's table of handlers, which keeps the original."""
    sqs = importlib.import_module("ministack.services.sqs")
    sqs._HANDLERS["SendMessage"] = sqs._act_send_message  # noqa: SLF001  # the table itself is the hook


LAMBDA = "ministack.services.lambda_svc"
RUNTIME = "ministack.core.lambda_runtime"
IAM = "ministack.core.iam_actions"

SHIMS = (
    Shim(
        why="an HTTP API by SAM has no routes, a secret's Ref is no ARN, CodeDeploy is refused",
        module="samtranslator.translator.transform",
        attribute="transform",
        parameters=("input_fragment", "parameter_values", "managed_policy_loader"),
        wrap=_fit_transformed_template,
    ),
    Shim(
        why="events lack cookies and forwarding headers, and have no size limit",
        module=LAMBDA,
        attribute="_execute_function_with_config_scope",
        parameters=("func", "event"),
        wrap=_complete_http_events,
    ),
    Shim(
        why="a failed function answers 502 with its stack trace",
        module=LAMBDA,
        attribute="lambda_execute_result_to_api_proxy_response",
        parameters=("exec_result",),
        wrap=_answer_as_http_api,
    ),
    Shim(
        why="OPTIONS never reaches a function",
        module="ministack.services.apigateway",
        attribute="_handle_execute_in_scope",
        parameters=("api_id", "stage", "path", "method"),
        wrap=_route_preflights,
    ),
    Shim(
        why="a queue whose concurrency is a template parameter is never polled",
        module=LAMBDA,
        attribute="_sqs_esm_concurrency",
        parameters=("esm", "func_rec", "config", "queue"),
        wrap=_count_concurrency,
    ),
    Shim(
        why="each invocation waits 50 ms for logs",
        module=RUNTIME,
        attribute="Worker._drain_stderr_bounded",
        parameters=("self", "first_line_wait", "idle_confirm", "hard_cap"),
        wrap=_drain_logs_quickly,
    ),
    Shim(
        why="each invocation loses 40 ms in the network stack",
        module=RUNTIME,
        attribute="ProvidedWorker._build_handler_class",
        parameters=("self", "generation", "pending"),
        wrap=_buffer_runtime_api,
    ),
    Shim(
        why="a batch of messages asks for a permission that AWS does not know",
        module=IAM,
        attribute="extract_iam_action",
        parameters=("service", "method", "path", "headers", "body", "query_params"),
        wrap=_name_permissions,
    ),
    Shim(
        why="dynamodb:LeadingKeys is never set, so its conditions allow everything",
        module=IAM,
        attribute="dynamodb_service_context",
        parameters=("body",),
        wrap=_add_leading_keys,
    ),
    Shim(
        why="kms:EncryptionContext is never set, so its conditions deny everything",
        module=IAM,
        attribute="request_tag_context",
        parameters=("service", "iam_action", "body", "params"),
        wrap=_add_encryption_context,
    ),
    Shim(
        why="a bucket that demands TLS would deny everything",
        module="ministack.app",
        attribute="pin_request_origin",
        parameters=("source_ip", "secure_transport"),
        wrap=_say_tls,
    ),
    Shim(
        why="message group and deduplication ids take any text",
        module="ministack.services.sqs",
        attribute="_act_send_message",
        parameters=("data", "qurl"),
        wrap=_check_identifiers,
    ),
)
