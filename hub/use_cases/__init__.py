"""What an operator or a device can ask of the hub, one page a subject. Decides; knows no HTTP and no SQL."""
