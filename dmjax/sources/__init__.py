"""Standard-Model parents per proton on target; nothing here knows a mediator."""

from dmjax.sources.boost import BoostKernel as BoostKernel
from dmjax.sources.boost import boost_kernel as boost_kernel
from dmjax.sources.cascade import CascadePhotons as CascadePhotons
from dmjax.sources.doppler import DopplerTable as DopplerTable
from dmjax.sources.doppler import doppler_density as doppler_density
from dmjax.sources.doppler import doppler_table as doppler_table
from dmjax.sources.mesons import NeutralMesons as NeutralMesons
from dmjax.sources.mesons import StoppedPions as StoppedPions
from dmjax.sources.neutrinos import NeutrinoSpectrum as NeutrinoSpectrum
from dmjax.sources.neutrinos import StoppedPionNeutrinos as StoppedPionNeutrinos
from dmjax.sources.neutrinos import inflight_spectrum as inflight_spectrum
from dmjax.sources.neutrinos import stopped_pion_neutrinos as stopped_pion_neutrinos
from dmjax.sources.neutrinos import tabulated_times as tabulated_times
