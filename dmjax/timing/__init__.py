"""Beam pulses, what short-lived parents make of them, and arrival times."""

from dmjax.timing.arrival import arrival_fractions as arrival_fractions
from dmjax.timing.arrival import between_delays as between_delays
from dmjax.timing.arrival import delay_ladder as delay_ladder
from dmjax.timing.arrival import flight_delay as flight_delay
from dmjax.timing.piecewise import PiecewisePulse as PiecewisePulse
from dmjax.timing.piecewise import box_pulse as box_pulse
from dmjax.timing.piecewise import tabulated_pulse as tabulated_pulse
from dmjax.timing.piecewise import triangular_pulse as triangular_pulse
from dmjax.timing.pulses import AbstractPulse as AbstractPulse
from dmjax.timing.pulses import DecayedPulse as DecayedPulse
from dmjax.timing.pulses import GaussianPulse as GaussianPulse
from dmjax.timing.repeated import RepeatedPulse as RepeatedPulse
from dmjax.timing.repeated import double_pulse as double_pulse
from dmjax.timing.repeated import own_clock as own_clock
