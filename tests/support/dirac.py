"""Currents of spin-0 and spin-½ particles from explicit 4 × 4 gamma matrices (Dirac basis).

Spin sums are numerical matrix products: no trace identity is shared with the package.
"""

import numpy as np

PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
GAMMA = np.array(
    [np.kron(np.diag([1, -1]), np.eye(2))] + [np.kron([[0, 1], [-1, 0]], s) for s in PAULI]
)
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
METRIC = np.diag([1.0, -1.0, -1.0, -1.0])


def slash(p):
    return np.einsum("a,ab,bij->ij", p, METRIC, GAMMA)


def fermion_tensor(p_in, m_in, p_out, m_out, vertex):
    """Σ_spins j^µ j^ν* of a spin-½ current, averaged over the incoming spin."""
    barred = [GAMMA[0] @ g.conj().T @ GAMMA[0] for g in vertex]
    left, right = slash(p_out) + m_out * np.eye(4), slash(p_in) + m_in * np.eye(4)
    trace = [[np.trace(left @ a @ right @ b) for b in barred] for a in vertex]
    return 0.5 * np.array(trace)


def dark_tensor(dm, p_in, m_in, p_out, m_out):
    if dm == "scalar":
        return np.outer(p_in + p_out, p_in + p_out)
    vertex = [g @ GAMMA5 for g in GAMMA] if dm == "majorana" else list(GAMMA)
    return fermion_tensor(p_in, m_in, p_out, m_out, vertex)


def decay_tensor(dm, p1, m1, p2, m2):
    """Σ_spins j^µ j^ν* of V → 1 2̄, by crossing: an incoming −p₂ with mass −m₂ and a sign."""
    if dm == "scalar":
        return np.outer(p1 - p2, p1 - p2)
    vertex = [g @ GAMMA5 for g in GAMMA] if dm == "majorana" else list(GAMMA)
    return 2.0 * -fermion_tensor(-p2, m2, p1, m1, vertex)
