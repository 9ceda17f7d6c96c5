"""temp"""
import jax.numpy as jnp, math
from dmjax.numerics import safe_sqrt

def chi_width(v, mass):
    r2=(v.m_chi/mass)**2
    b=safe_sqrt(1-4*r2)
    k2=4*math.pi*jnp.exp(v.log_alpha_d)
    if v.dm=="scalar": return k2*mass/(48*math.pi)*b**3
    return k2*mass/(12*math.pi)*(1+2*r2)*b
def total_width(v): return chi_width(v, v.m_v)
