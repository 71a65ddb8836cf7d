"""The GovStack Consent Building Block API as a way into the same register: their words, our rules.

An agreement is an activity that asks consent, a consent record is one of our consents, a signature is our receipt.
Nothing here gives a consent: only its resident does, at the portal or at the desk. If `govstack` is lost, policies and
agreements that were no activity yet are gone, and applications must name their individuals anew; if an attacker can
write it, a changed row fails its MAC. Surprises: off for every municipality that the settings do not name; an
individual is a pseudonymous reference of one recipient, and no number of anybody is kept or answered.
"""
