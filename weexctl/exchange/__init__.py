"""The way to WEEX: signing, transport, limits, time, and the exchange in neutral words.

`connect()` in `weexctl.exchange.connect` is the front door. Nothing here is imported by `weexctl --help`.

    signing        who is asking, proven
    base_url       where a signed request may go
    transport      one request, one outcome
    outcome        what an answer means, as a pure function
    error_codes    the exchange's codes, by number
    rate_limiter   how many requests may leave
    server_clock   the exchange's time, and how sure we are of it
    v3*            the words of the V3 API; a sibling for another generation can stand beside them
"""
