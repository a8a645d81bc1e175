"""The way to WEEX: signing, transport, limits, time, and the exchange in neutral words.

`connect()` in `weexctl.exchange.connect` is the front door. Nothing here is imported by `weexctl --help`.

    signing        who is asking, proven
    base_url       where a signed request may go
    transport      one request, one outcome
    outcome        what an answer means, as a pure function
    error_codes    what codes can mean; the numbers are in v2_errors and v3_errors
    rate_limiter   how many requests may leave, and whose first
    server_clock   the exchange's time, and how sure we are of it
    feed           pushes while they can be believed, reads otherwise; feed_* are its parts, from the socket up
    span, candle_series, write_rows   many rows: all of a span, candles without holes, a result for each part
    v2*, v3*       the words of one generation of the API each, and nowhere else
"""
