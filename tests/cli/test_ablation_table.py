"""An ablation on a terminal: every arm and every claim can be read whole, also in 80 columns."""

from __future__ import annotations

from tests.cli.test_narrow_tables import WIDTHS, drawn
from weexctl.actions.ablation_report import ArmRow, LeftOutRow, Output
from weexctl.backtest.ablation_evidence import Evidence
from weexctl.backtest.arms import Group
from weexctl.backtest.bootstrap import Comparison, Difference
from weexctl.backtest.claims import Risk, beats_control, not_evaluated
from weexctl.backtest.coin_toss import Nulls
from weexctl.backtest.overfitting import Overfitting
from weexctl.backtest.placebo import Placebos
from weexctl.backtest.reality_check import RealityCheck
from weexctl.cli.views.backtest_ablate import view

FIGURES = {
    "cagr": -0.9631,
    "volatility": 0.7251,
    "sharpe": -5.43,
    "max_drawdown": 0.8812,
    "cvar95": 0.1134,
    "calmar": -12.53,
    "ulcer": 0.512,
    "exposure": 1.45,
    "turnover_per_year": 162.0,
    "trades": 2345,
}


def arm(name: str, group: Group = Group.ARM, **changes: object) -> ArmRow:
    return ArmRow(name=name, title=f"title of {name}", group=group, **{**FIGURES, **changes})  # type: ignore[arg-type]


def difference(median: float) -> Difference:
    return Difference(observed=median, median=median, low=-12.345, high=12.345, p_improvement=0.93, draws=2000)


def evidence() -> Evidence:
    compared = Comparison(
        max_drawdown=difference(-0.1),
        calmar=difference(1.5),
        cvar95=difference(-0.01),
        ulcer=None,
        days=1000,
        draws=2000,
        mean_block_days=20,
        seed=7,
    )
    check = RealityCheck(
        consistent=0.07,
        lower=0.05,
        upper=0.1,
        white=0.1,
        best="F-trade-clustering",
        same=(),
        days=1000,
        draws=2000,
        mean_block_days=20,
        seed=7,
    )
    chosen = Overfitting(
        probability=0.32, loss_probability=0.1, median_rank=0.6, splits=12870, variants=14, blocks=16, days=1000
    )
    return Evidence(
        comparisons={"K1": compared},
        placebos=Placebos(ours=1.02, count=30, share_as_good=0.1, mean=0.8, best=1.3),
        nulls=Nulls(count=5, mean=-0.13, best=0.4, above_zero=2),
        probabilistic_sharpe=0.94,
        deflated_sharpe=0.51,
        trials=14,
        reality_checks={"K2": check},
        overfitting=chosen,
        claims=(
            beats_control("C1", "K1", Risk(0.151, 1.02), Risk(0.2, 0.58), compared),
            not_evaluated("C4", "BTCUSDT: no odds of a loud day were given; nothing was scored"),
        ),
        missing={"comparison with K3": "arm K3 did not run"},
    )


@WIDTHS
def test_every_arm_and_claim_can_be_read(width: int) -> None:
    placebos = [arm("K4-01", Group.PLACEBO, calmar=1.0), arm("K4-02", Group.PLACEBO, calmar=2.0)]
    failed = ArmRow(name="K3", title="B, scaled", group=Group.CONTROL, failure="no size of the control reaches 0.15")
    solved = arm("K1", Group.CONTROL, solved=0.0499, solved_path="pipeline.sizer.fraction")
    output = Output(
        from_ms=1_612_656_000_000,
        to_ms=1_704_067_200_000,
        symbols=["BTCUSDT", "ETHUSDT"],
        synthetic=True,
        interrupted=True,
        arms=[arm("F"), solved, arm("F-volatility-anomaly"), failed, *placebos],
        left_out=[LeftOutRow(name="F-soft", reason="it is the profile as it is")],
        evidence=evidence(),
        years=[],
        not_modelled=["auto-deleveraging"],
        manifest={},
    )
    text = drawn(view(output), width)

    rows = {line.split()[0]: line for line in reversed(text.splitlines()) if line.strip()}
    for name in ("F", "K1", "F-volatility-anomaly"):
        for value in ("−96.3", "72.5", "−5.43", "88.1", "11.3", "−12.53", "51.2", "1.45", "162", "2345"):
            assert value in rows[name]
    assert "1.50" in rows["K4"]
    joined = " ".join(text.split())
    assert "title of K1 (fraction 0.0499)" in joined
    assert "no size of the control reaches 0.15" in joined
    assert "it is the profile as it is" in joined
    assert "(synthetic)" in joined
    assert "(ended early)" in joined
    assert "−10.0, 93 %" in joined
    assert "maximum drawdown 15.1 % against 20.0 %" in joined
    assert "10 % of 30 reach F's Calmar of 1.02" in joined
    assert "mean Calmar is -0.13 over 5 markets" in joined
    assert "not evaluated" in joined
    assert "arm K3 did not run" in joined
    assert "auto-deleveraging" in joined
