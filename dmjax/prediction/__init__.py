"""From a detector and a mediator to counts: recoils, neutrinos, searches, predictions."""
