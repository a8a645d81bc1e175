"""The numbered steps from an empty file to today's tables. A step that was released never changes again."""

from __future__ import annotations

__all__ = ["APPLICATION_ID", "MIGRATIONS"]

APPLICATION_ID = 0x57584A4C
"""`WXJL`: marks a file as ours (SQLite's application_id)."""

_TABLES = (
    """CREATE TABLE owner (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        venue TEXT NOT NULL,
        account TEXT NOT NULL
    ) STRICT""",
    # The sequence keeps the order in which runs began: simulated start times need not grow.
    """CREATE TABLE run (
        sequence INTEGER PRIMARY KEY,
        run_id TEXT NOT NULL UNIQUE,
        started_ms INTEGER NOT NULL,
        venue TEXT NOT NULL,
        profile TEXT NOT NULL,
        profile_digest TEXT NOT NULL,
        profile_json TEXT NOT NULL,
        source TEXT NOT NULL,
        symbols TEXT NOT NULL,
        timeframe TEXT NOT NULL,
        seed INTEGER,
        from_ms INTEGER NOT NULL,
        to_ms INTEGER NOT NULL,
        steps INTEGER NOT NULL,
        status TEXT NOT NULL,
        manifest TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE decision (
        decision_id TEXT PRIMARY KEY NOT NULL,
        run_id TEXT REFERENCES run (run_id),
        symbol TEXT NOT NULL,
        close_ms INTEGER NOT NULL,
        "full" INTEGER NOT NULL CHECK ("full" IN (0, 1)),
        body TEXT NOT NULL
    ) STRICT""",
    # No reference to decision: the intent is durable before the decision's record, which tells what became of it.
    """CREATE TABLE intent (
        intent_id INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id TEXT REFERENCES run (run_id),
        decision_id TEXT NOT NULL,
        leg TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')),
        position_side TEXT NOT NULL CHECK (position_side IN ('long', 'short')),
        quantity TEXT NOT NULL,
        reference_price TEXT NOT NULL,
        stop_price TEXT,
        target_price TEXT,
        reason TEXT NOT NULL,
        rule TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        state TEXT NOT NULL,
        state_ms INTEGER NOT NULL,
        detail TEXT NOT NULL,
        UNIQUE (decision_id, leg)
    ) STRICT""",
    """CREATE TABLE attempt (
        intent_id INTEGER NOT NULL REFERENCES intent (intent_id),
        n INTEGER NOT NULL CHECK (n >= 1),
        client_order_id TEXT NOT NULL UNIQUE,
        signed_ms INTEGER NOT NULL,
        request_digest TEXT NOT NULL,
        outcome TEXT NOT NULL,
        http_status INTEGER,
        code TEXT,
        order_id TEXT,
        answered_ms INTEGER,
        evidence TEXT NOT NULL,
        PRIMARY KEY (intent_id, n)
    ) STRICT""",
    """CREATE TABLE guard_verdict (
        decision_id TEXT NOT NULL,
        leg TEXT NOT NULL,
        guard TEXT NOT NULL,
        action TEXT NOT NULL,
        code TEXT NOT NULL,
        reason TEXT NOT NULL,
        time_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE venue_order (
        order_id TEXT PRIMARY KEY NOT NULL,
        client_order_id TEXT NOT NULL,
        intent_id INTEGER REFERENCES intent (intent_id),
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        position_side TEXT NOT NULL,
        kind TEXT NOT NULL,
        quantity TEXT NOT NULL,
        price TEXT,
        trigger_price TEXT,
        status TEXT NOT NULL,
        filled_quantity TEXT NOT NULL,
        average_price TEXT,
        created_ms INTEGER NOT NULL,
        updated_ms INTEGER NOT NULL
    ) STRICT""",
    # No reference to venue_order: a fill may be read before its order is, and may belong to a foreign one.
    """CREATE TABLE fill (
        fill_id TEXT PRIMARY KEY NOT NULL,
        order_id TEXT NOT NULL,
        symbol TEXT NOT NULL,
        side TEXT NOT NULL,
        position_side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        price TEXT NOT NULL,
        value TEXT NOT NULL,
        fee TEXT NOT NULL,
        realised TEXT NOT NULL,
        maker INTEGER NOT NULL,
        time_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE position (
        symbol TEXT NOT NULL,
        position_side TEXT NOT NULL,
        quantity TEXT NOT NULL,
        entry_price TEXT NOT NULL,
        opened_ms INTEGER NOT NULL,
        decision_id TEXT NOT NULL,
        rule TEXT NOT NULL,
        regime TEXT NOT NULL,
        stop_price TEXT,
        target_price TEXT,
        parameters TEXT NOT NULL,
        PRIMARY KEY (symbol, position_side)
    ) STRICT""",
    """CREATE TABLE trade (
        trade_id TEXT PRIMARY KEY NOT NULL,
        run_id TEXT REFERENCES run (run_id),
        symbol TEXT NOT NULL,
        position_side TEXT NOT NULL,
        opened_ms INTEGER NOT NULL,
        closed_ms INTEGER NOT NULL,
        quantity TEXT NOT NULL,
        entry_price TEXT NOT NULL,
        exit_price TEXT NOT NULL,
        gross TEXT NOT NULL,
        fees TEXT NOT NULL,
        funding TEXT NOT NULL,
        net TEXT NOT NULL,
        exit_reason TEXT NOT NULL,
        rule TEXT NOT NULL,
        regime TEXT NOT NULL,
        entry_decision_id TEXT NOT NULL,
        exit_decision_id TEXT,
        entry_order_id TEXT NOT NULL,
        exit_order_id TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE equity (
        run_id TEXT NOT NULL REFERENCES run (run_id),
        time_ms INTEGER NOT NULL,
        equity TEXT NOT NULL,
        wallet TEXT NOT NULL,
        unrealised TEXT NOT NULL,
        gross_exposure REAL NOT NULL,
        drawdown REAL NOT NULL,
        PRIMARY KEY (run_id, time_ms)
    ) STRICT, WITHOUT ROWID""",
    # The same fit may be kept again at a later refit, with another status and age.
    """CREATE TABLE artefact (
        artefact_id TEXT NOT NULL,
        run_id TEXT REFERENCES run (run_id),
        plugin TEXT NOT NULL,
        symbol TEXT NOT NULL,
        fitted_ms INTEGER NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (artefact_id, fitted_ms)
    ) STRICT""",
    "CREATE TABLE state (key TEXT PRIMARY KEY NOT NULL, body TEXT NOT NULL) STRICT",
    """CREATE TABLE timing (
        run_id TEXT NOT NULL REFERENCES run (run_id),
        stage TEXT NOT NULL,
        calls INTEGER NOT NULL,
        seconds REAL NOT NULL,
        PRIMARY KEY (run_id, stage)
    ) STRICT""",
    "CREATE INDEX decision_by_close ON decision (symbol, close_ms)",
    "CREATE INDEX intent_by_state ON intent (state)",
    "CREATE INDEX attempt_by_order ON attempt (order_id)",
    "CREATE INDEX verdict_by_decision ON guard_verdict (decision_id)",
    "CREATE INDEX order_by_client_id ON venue_order (client_order_id)",
    "CREATE INDEX order_by_intent ON venue_order (intent_id)",
    "CREATE INDEX fill_by_order ON fill (order_id)",
    "CREATE INDEX fill_by_time ON fill (time_ms)",
    "CREATE INDEX trade_by_close ON trade (run_id, closed_ms)",
    "CREATE INDEX trade_by_entry_order ON trade (entry_order_id)",
    "CREATE INDEX trade_by_exit_order ON trade (exit_order_id)",
    "CREATE INDEX trade_by_entry_decision ON trade (entry_decision_id)",
    "CREATE INDEX trade_by_exit_decision ON trade (exit_decision_id)",
    "CREATE INDEX artefact_by_symbol ON artefact (plugin, symbol, fitted_ms)",
)

_RECORDS = (
    "ALTER TABLE trade ADD COLUMN entry_slippage TEXT NOT NULL DEFAULT '0'",
    "ALTER TABLE trade ADD COLUMN exit_slippage TEXT NOT NULL DEFAULT '0'",
    "UPDATE position SET parameters = json_set(parameters, '$.entry_slippage', '0', '$.exit_slippage', '0')",
    """CREATE TABLE payment (
        bill_id TEXT PRIMARY KEY NOT NULL,
        symbol TEXT NOT NULL,
        amount TEXT NOT NULL,
        time_ms INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX payment_by_time ON payment (time_ms)",
    # Single payments were not kept before; their sum was.
    """INSERT INTO payment (bill_id, symbol, amount, time_ms)
        SELECT 'carried', '', json_extract(body, '$.funding'), json_extract(body, '$.funding_ms')
        FROM state WHERE key = 'risk' AND json_extract(body, '$.funding') IS NOT NULL""",
    # All guards' answers to one intent in one row: it is written and synced before every request.
    "ALTER TABLE guard_verdict RENAME TO old_verdict",
    """CREATE TABLE guard_verdict (
        verdict_id INTEGER PRIMARY KEY,
        decision_id TEXT NOT NULL,
        leg TEXT NOT NULL,
        time_ms INTEGER NOT NULL,
        answers TEXT NOT NULL
    ) STRICT""",
    """INSERT INTO guard_verdict (decision_id, leg, time_ms, answers)
        SELECT decision_id, leg, time_ms, json_group_array(json_array(guard, action, code, reason))
        FROM (SELECT *, rowid AS n FROM old_verdict ORDER BY rowid)
        GROUP BY decision_id, leg, time_ms ORDER BY min(n)""",
    "DROP TABLE old_verdict",
    # Fewer pages to sync: the attempt lies in its key, and only answered ones are found by order.
    "ALTER TABLE attempt RENAME TO old_attempt",
    """CREATE TABLE attempt (
        intent_id INTEGER NOT NULL REFERENCES intent (intent_id),
        n INTEGER NOT NULL CHECK (n >= 1),
        client_order_id TEXT NOT NULL UNIQUE,
        signed_ms INTEGER NOT NULL,
        request_digest TEXT NOT NULL,
        outcome TEXT NOT NULL,
        http_status INTEGER,
        code TEXT,
        order_id TEXT,
        answered_ms INTEGER,
        evidence TEXT NOT NULL,
        PRIMARY KEY (intent_id, n)
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO attempt SELECT * FROM old_attempt",
    "DROP TABLE old_attempt",
    "CREATE INDEX attempt_by_order ON attempt (order_id) WHERE order_id IS NOT NULL",
    # One link for each transaction: which rows it changed, and a hash over that and the link before.
    "CREATE TABLE log_chain (seq INTEGER PRIMARY KEY, body TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
)

_LIMIT_ORDERS = (
    "ALTER TABLE intent ADD COLUMN type TEXT NOT NULL DEFAULT 'market'",
    "ALTER TABLE intent ADD COLUMN price TEXT",
    "ALTER TABLE intent ADD COLUMN time_in_force TEXT",
)

_FENCING = (
    # Who writes, since the last opening for writing. No record of the account: it has no place in the chain.
    """CREATE TABLE writer (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        epoch INTEGER NOT NULL,
        pid INTEGER NOT NULL,
        since_ms INTEGER NOT NULL,
        version TEXT NOT NULL
    ) STRICT""",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_TABLES, _RECORDS, _LIMIT_ORDERS, _FENCING)
"""Statements of each step; step n makes `user_version` n (the first is 1)."""
