"""What a file is, by what is in it: told from its first bytes, then looked into by a process of its own.

Rule 1: neither the name of a file nor what anybody calls it is believed.
Rule 2: nothing of a file is decoded in the hub itself. What decodes it has little memory, little time, no
        secret in its environment, and may crash.
Rule 3: what makes a file unusable is said in a sentence for whoever uploaded it.
"""
