"""`python -m hub …` is the command `clarion …`."""

from hub.command_line import main

if __name__ == "__main__":
    main()
