"""Everything that Regie claims, tried. `architecture.md` section 8 says what stands where."""
