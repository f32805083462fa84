"""Metrics: pure functions; each file declares name, goal, bounds, unit and source."""
