"""The log as two standards read it: Logboek Dataverwerkingen (LDV) and the older Verwerkingenlogging of the VNG.

Views, no store: nothing is lost with this room. An attacker who comes in here is a searcher of the log and leaves a
searcher's lines. Surprises: a line says more than either standard has a field for, and employees leave in neither view;
whoever reads must say why, which no standard asks.
"""
