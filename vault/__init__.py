"""The only room where a resident's stored plaintext exists, and that knows which BSN is whom.

If the vault's tables are lost, values must be delivered again; if an attacker can write them, a moved or altered
ciphertext does not open. A vault exists only after its resident opened it; before that there is at most an index row.
Surprises: unknown numbers get a stand-in of the same shape and cost; `fetch` believes nobody, it checks the permit and
asks the log whether its fences still hold before a key is unwrapped.
"""
