from __future__ import annotations

import pytest

from weexctl.exchange import v2_endpoints, v3_endpoints
from weexctl.exchange.endpoint import Endpoint
from weexctl.exchange.lane import Lane
from weexctl.exchange.rate_limiter import WEIGHT_LIMIT

ALL = (*v2_endpoints.ENDPOINTS, *v3_endpoints.ENDPOINTS)


def test_every_documented_endpoint_stands_once() -> None:
    # weex-api 6 to 9 and 13 to 17
    assert (len(v2_endpoints.ENDPOINTS), len(v3_endpoints.ENDPOINTS)) == (41, 48)
    labels = [endpoint.label for endpoint in ALL]
    assert len(labels) == len(set(labels))


def test_nothing_that_moves_money_away_is_listed() -> None:
    for endpoint in ALL:
        assert not {"withdraw", "transfer"} & set(endpoint.path.lower().replace("/", " ").split())


@pytest.mark.parametrize("endpoint", ALL, ids=lambda endpoint: endpoint.label)
def test_a_row_agrees_with_itself(endpoint: Endpoint) -> None:
    assert endpoint.private == (endpoint.uid_weight > 0)
    assert endpoint.private or not endpoint.write
    assert endpoint.write or not endpoint.order
    assert 0 < endpoint.weight <= WEIGHT_LIMIT
    if endpoint.private and not endpoint.write:
        assert endpoint.lane is Lane.RECONCILE
    if any(word in endpoint.path.lower() for word in ("cancel", "close", "tpsl")) or endpoint.method == "DELETE":
        assert endpoint.lane is Lane.PROTECT
