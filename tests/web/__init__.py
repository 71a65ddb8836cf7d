"""Tests of the portal, and the invented views that they share."""
