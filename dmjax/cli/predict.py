"""`dmjax predict`."""

from typing import Annotated

import typer

from dmjax.cli.common import (
    channel_names,
    check_ratio,
    chosen_conventions,
    flat_conventions,
    pairs,
    report,
    show,
    start,
)
from dmjax.cli.options import AlphaD, Channels, Choices, Dm, Json, MassRatio, Out, Profile, Spin
from dmjax.errors import InputError


def predict(
    experiment: Annotated[
        str, typer.Argument(help="Experiment, e.g. coherent-csi, or your own my_detector.toml.")
    ],
    mv: Annotated[float, typer.Option(help="Mediator mass [MeV].")],
    model: Annotated[
        str, typer.Option(help="Model, e.g. dark-photon; see `info`.")
    ] = "dark-photon",
    charges: Annotated[
        str | None,
        typer.Option(help="A model of your own, e.g. up=0.33,down=0.33,electron=-1; needs --g."),
    ] = None,
    dm: Dm = Spin.dirac,
    splitting: Annotated[float, typer.Option(help="chi_2 - chi_1 [MeV], for pseudo-dirac.")] = 0.0,
    mchi: Annotated[float | None, typer.Option(help="Dark-matter mass [MeV].")] = None,
    mass_ratio: MassRatio = 3.0,
    eps: Annotated[float | None, typer.Option(help="Kinetic mixing (dark-photon).")] = None,
    g: Annotated[float | None, typer.Option(help="Gauge coupling (other models).")] = None,
    alpha_d: AlphaD = 0.5,
    mx: Annotated[
        float | None,
        typer.Option(help="Double mediator: mass [MeV] of X, which makes the dark matter."),
    ] = None,
    kappa_x: Annotated[
        float, typer.Option(help="Double mediator: coupling of X to matter.")
    ] = 2e-3,
    kappa_dx: Annotated[
        float, typer.Option(help="Double mediator: coupling of X to dark matter.")
    ] = 1e-7,
    model_x: Annotated[str, typer.Option(help="Double mediator: model of X.")] = "baryonic",
    lifetime_ns: Annotated[
        float | None,
        typer.Option(help="Proper lifetime [ns] of what makes chi, in place of its widths."),
    ] = None,
    pot: Annotated[float | None, typer.Option(help="Protons on target.")] = None,
    cuts: Annotated[bool, typer.Option("--cuts", help="The experiment's own selection.")] = False,
    recoil_min: Annotated[float | None, typer.Option(help="Lowest recoil [keV].")] = None,
    recoil_max: Annotated[float | None, typer.Option(help="Highest recoil [keV].")] = None,
    time_max: Annotated[float | None, typer.Option(help="Latest arrival [us].")] = None,
    efficiency: Annotated[bool, typer.Option(help="Apply resolution and efficiency.")] = True,
    isotropic: Annotated[
        bool, typer.Option("--isotropic", help="Average the flux over all directions.")
    ] = False,
    nsi: Annotated[
        str | None,
        typer.Option(help="Neutrino NSI of the background, e.g. ee.u=0.1,emu.d=-0.05."),
    ] = None,
    nsi_mass: Annotated[
        float | None, typer.Option(help="Mass of the NSI mediator [MeV]; heavy without.")
    ] = None,
    channels: Channels = "all",
    conventions: Profile = "dmjax",
    choose: Choices = None,
    json: Json = False,
    out: Out = None,
) -> None:
    """Expected dark-matter events per production channel and per bin, and neutrino background."""
    start()
    import dmjax
    from dmjax.store.files import check_writable

    if out is not None:
        check_writable(out)
    if mx is None and mchi is None:
        check_ratio(mass_ratio)
    detector = dmjax.experiment(experiment, isotropic=isotropic)
    shared = {"alpha_d": alpha_d, "eps": eps, "g": g, "dm": dm.value, "splitting": splitting}
    v_model = dmjax.Charges(**_numbers(charges, "--charges")) if charges else model
    if mx is None:
        m_chi = mv / mass_ratio if mchi is None else mchi
        point = dmjax.mediator(v_model, mv, m_chi, lifetime_ns=lifetime_ns, **shared)
    else:
        point = dmjax.double_mediator(
            mv,
            model=v_model,
            m_x=mx,
            model_x=model_x,
            kappa_x=kappa_x,
            kappa_d_x=kappa_dx,
            m_chi=2.0 if mchi is None else mchi,
            lifetime_ns=lifetime_ns,
            **shared,
        )
    result = dmjax.predict(
        detector,
        point,
        conventions=chosen_conventions(conventions, choose),
        channels=channel_names(channels),
        pot=pot,
        cuts=cuts,
        recoil_min=recoil_min,
        recoil_max=recoil_max,
        time_max=time_max,
        efficiency=efficiency,
        nsi=_nsi(nsi, nsi_mass),
    )
    plain = flat_conventions(result._asdict())
    if not report(plain, out, json):
        return
    rows = [[name, f"{events:.5g}"] for name, events in result.channels.items()]
    rows.append(["total", f"{result.total:.5g}"])
    rows += [[f"background: {name}", f"{n:.5g}"] for name, n in result.background.items()]
    flown = f", lifetime {result.lifetime_ns:.3g} ns" if result.long_lived else ""
    show(
        f"{result.experiment}, {result.model} ({result.dm}), m_V = {result.m_v:g} MeV, "
        f"m_chi = {result.m_chi:g} MeV{flown}, {result.pot:g} POT, conventions {conventions}",
        ["channel", "events"],
        rows,
    )


def _numbers(text: str, option: str) -> dict[str, float]:
    return pairs(text.split(","), f"{option} takes key=number,…", float)


def _nsi(text: str | None, mass: float | None):
    """NSI from ee.u=0.1,emu.d=-0.05."""
    if text is None:
        return None
    from dmjax.scattering import nsi

    strengths: dict[str, dict[str, float]] = {}
    for key, value in _numbers(text, "--nsi").items():
        flavours, dot, quark = key.partition(".")
        if not dot:
            raise InputError(f"--nsi names flavours and quark, e.g. ee.u=0.1, got '{key}'")
        strengths.setdefault(flavours, {})[quark] = value
    return nsi(strengths, mediator_mass=mass)
