"""Moments by the definition."""

import numpy as np

from skhippo._support.quadrature import rule


def exact_moments(measure, order, ages, masses, linear, n_nodes=200):
    """Masses times the means of functions over cells, or times the functions at their newer ends; ages fall."""
    functions, (nodes, weights) = measure.functions(order), rule(n_nodes)
    if measure.name == "chebt":  # in the angle, where the functions have no root at the edges
        angles = 2 * np.arctan2(np.sqrt(ages), np.sqrt(1.0 - ages))
        places = angles[1:, None] + (angles[:-1] - angles[1:])[:, None] * nodes
        density = weights * np.sin(places)
        total = density.sum(axis=1, keepdims=True)
        shares = np.where(total > 0, density / np.where(total > 0, total, 1.0), weights)
        places, n = (places.ravel() if linear else angles[1:]), np.arange(functions.n_functions)
        values = np.where(n == 0, places[:, None], np.sin(n * places[:, None]))
    else:
        places = ages[1:, None] + (ages[:-1] - ages[1:])[:, None] * nodes
        shares = np.broadcast_to(weights, places.shape)
        values = functions.evaluate(places.ravel() if linear else ages[1:])
    return (masses[:, None] * shares).ravel() @ values if linear else masses @ values
