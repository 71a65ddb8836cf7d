"""May this subject do this to that resource? AuthZEN Authorization API 1.0, on the same engine as every release.

Nothing is released by an answer, and a yes is no permit: a release is decided anew. Each question about a resident is a
line before it is answered (consent.explaining). If an attacker writes `policies`, suites of others see other answers;
no resident is in it. Surprises: a subject is whoever asks, for nobody may ask what another may have; the number of a
resident stands in `resource.properties`, never in an id, which ends up in everybody's logs; a plain table of policies
answers in a tenant of its own only, where there is no register.
"""
