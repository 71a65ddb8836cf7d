"""The demonstration: invented residents, a stand-in for the BRP, and the story that is told with them."""
