"""One file a route. Importing a page registers it; `register` names them all."""
