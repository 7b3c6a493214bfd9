"""Keys and ids are made of randomness alone, and only their fingerprints are kept."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switchhook.adapters.providers.verify import standard_key
from switchhook.domain.tenants import (
    Role,
    fingerprint,
    is_id,
    is_tenant_key,
    new_hook_id,
    new_hook_secret,
    new_key,
    new_tenant_id,
    new_ticket,
)

ENTROPY = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize(("role", "prefix"), [(Role.ADMIN, "sha_"), (Role.AGENT, "shg_")])
@given(entropy=ENTROPY)
def test_a_key_says_whose_it_is_and_holds_all_its_randomness(role, prefix, entropy):
    key = new_key(role, entropy)

    assert key.startswith(prefix)
    assert is_tenant_key(key)
    assert base64.urlsafe_b64decode(key.removeprefix(prefix) + "=") == entropy


@given(entropy=ENTROPY)
def test_ids_can_stand_in_paths_and_keys(entropy):
    assert is_id(new_tenant_id(entropy))
    assert is_id(new_hook_id(entropy))


@given(entropy=ENTROPY)
def test_a_hook_secret_is_one_that_standard_webhooks_takes(entropy):
    assert standard_key(new_hook_secret(entropy)) == entropy


@given(entropy=ENTROPY)
def test_a_ticket_needs_no_escaping_in_an_address(entropy):
    ticket = new_ticket(entropy)

    assert ticket.replace("-", "").replace("_", "").isalnum()


@given(text=st.text())
def test_a_fingerprint_is_the_sha256_of_any_text(text):
    expected = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    assert fingerprint(text) == expected


@pytest.mark.parametrize("text", ["", "sha", "key_sha_x", "SHA_x", "whsec_x"])
def test_what_has_no_prefix_of_ours_is_no_tenants_key(text):
    assert not is_tenant_key(text)
