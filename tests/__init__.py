"""The tests of Clarion; the folders mirror the code's."""
