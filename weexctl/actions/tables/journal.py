"""The journal."""

from __future__ import annotations

from weexctl.actions.tables.action import Action, Example, Parameter
from weexctl.actions.tables.parameters import ACCOUNT_VENUE, DRY_RUN, READ_ONLY, UNDERSTAND, WHOSE

__all__ = ["ROWS"]

_RUN = Parameter(name="run", type="str", help="Only this run, also one that was put aside", metavar="RUN_ID")

ROWS = (
    Action(
        name="journal.trades",
        section=UNDERSTAND,
        summary="List closed trades and where their result came from",
        help=(
            "Reads the trades that have ended, from their confirmed fills, and splits the result of each into price, "
            "slippage against the prices that were decided at, fees and funding. Reads only."
        ),
        risk="read",
        module="weexctl.actions.journal_trades",
        parameters=(
            Parameter(
                name="by", type="str", help="Also add them up by this", choices=("regime", "rule", "reason", "symbol")
            ),
            Parameter(name="since", type="time", help="Only trades closed at or after this moment"),
            _RUN,
            ACCOUNT_VENUE,
        ),
        examples=(
            Example("weexctl journal trades --by reason", "what each way out has brought"),
            Example("weexctl journal trades -o json --fields trades.net,trades.rule", "two columns for a program"),
        ),
    ),
    Action(
        name="journal.tail",
        section=UNDERSTAND,
        summary="Show the newest records",
        help=(
            "Shows what was recorded last: full decisions, orders and their states, fills, funding, closed trades. "
            "With --follow new records go to stderr as they come, until somebody stops it. Needs no lock."
        ),
        risk="read",
        module="weexctl.actions.journal_tail",
        parameters=(
            Parameter(name="count", type="int", help="How many records", default=20, short="n"),
            Parameter(name="follow", type="bool", help="Go on as new records come, until Ctrl-C", default=False),
            ACCOUNT_VENUE,
        ),
        examples=(
            Example("weexctl journal tail -n 50", "the last fifty"),
            Example("weexctl journal tail --follow", "watch a run from another terminal"),
        ),
    ),
    Action(
        name="journal.verify",
        section=UNDERSTAND,
        summary="Check that the record is whole and unchanged",
        help=(
            "Looks at every page, reference, link of the hash chain and row, and adds up fills and funding to the "
            "wallet of every step. Exit code 6 when something is found, 3 when something could not be tested."
        ),
        risk="read",
        module="weexctl.actions.journal_verify",
        parameters=(
            Parameter(
                name="head",
                type="str",
                help="A link that was noted elsewhere and has to be there still",
                metavar="NUMBER:HASH",
            ),
            _RUN,
            ACCOUNT_VENUE,
        ),
        examples=(Example("weexctl journal verify", "nothing was changed since it was recorded"),),
    ),
    Action(
        name="journal.replay",
        section=UNDERSTAND,
        summary="Make a recorded run again, and list what differs",
        help=(
            "Takes profile and span of a run at the venue sim from its record, decides at every close again on the "
            "same candles, and sets decisions and closed trades against the record, field by field and without any "
            "tolerance. Nothing is written. Exit code 6 when something differs."
        ),
        risk="read",
        module="weexctl.actions.journal_replay",
        parameters=(
            _RUN,
            Parameter(
                name="data",
                type="str",
                help="The candles of the run, as `weexctl trade` was given them; may be repeated",
                repeatable=True,
                metavar="PATH",
            ),
            Parameter(name="workers", type="int", help="Processes that fit; as many as the machine has if left out"),
        ),
        examples=(Example("weexctl journal replay", "the newest run, decision by decision"),),
    ),
    Action(
        name="journal.reconcile",
        section=UNDERSTAND,
        summary="Compare the account with its record, and mend what differs",
        help=(
            "Reads positions, orders, stops and leverage at the exchange and sets them against the journal of the "
            "newest run. Prints every difference with what each side says and what would be done. With --apply it "
            "takes the account's lock and does what is safe: takes in fills, settles orders, places and cancels stops "
            "of ours. Foreign orders and positions are never touched. Exit code 6 when something differs, 3 when it "
            "could not be read."
        ),
        risk="write",
        module="weexctl.actions.journal_reconcile",
        parameters=(
            Parameter(name="apply", type="bool", help="Do what is safe, after the comparison", default=False),
            Parameter(
                name="release",
                type="str",
                help="Let a locked symbol take entries again; a person at a terminal types it once more",
                metavar="SYMBOL",
            ),
            Parameter(
                name="reason", type="str", help="Why it is safe to release it; asked for if left out", default=""
            ),
            *WHOSE,
            DRY_RUN,
            READ_ONLY,
        ),
        examples=(
            Example("weexctl journal reconcile", "does the exchange hold what the record says"),
            Example("weexctl journal reconcile --apply", "also mend what is safe"),
            Example("weexctl journal reconcile --release BTCUSDT", "after looking into why it was locked"),
        ),
    ),
    Action(
        name="journal.export",
        section=UNDERSTAND,
        summary="Write every table to a file for other programs",
        help=(
            "Writes one file for each table, all of one moment; money and ids are text, times are milliseconds. "
            "Replaces nothing without --force."
        ),
        risk="simulate",
        module="weexctl.actions.journal_files",
        function="export",
        parameters=(
            Parameter(name="to", type="path", help="Folder for the files", required=True, metavar="DIR"),
            Parameter(
                name="format", type="str", help="Form of the files", choices=("parquet", "csv"), default="parquet"
            ),
            Parameter(name="force", type="bool", help="Replace files that are there", default=False),
            _RUN,
            ACCOUNT_VENUE,
        ),
        examples=(Example("weexctl journal export --to tables --format csv", "for a spreadsheet"),),
    ),
    Action(
        name="journal.backup",
        section=UNDERSTAND,
        summary="Copy the journal, also while a run is under way",
        help=(
            "Writes one file that needs no other and checks it. Without --to it goes beside the journal, named after "
            "its newest link, where the newest copies are kept."
        ),
        risk="simulate",
        module="weexctl.actions.journal_files",
        function="backup",
        parameters=(
            Parameter(name="to", type="path", help="File for the copy, instead of the usual place", metavar="FILE"),
            Parameter(name="keep", type="int", help="How many copies stay in the usual place", default=14),
            Parameter(name="force", type="bool", help="Replace the file named with --to", default=False),
            ACCOUNT_VENUE,
        ),
        examples=(Example("weexctl journal backup", "once a day, for instance"),),
    ),
)
