// The composition root: opens the store, enrols or starts, and joins the rooms. The only page that knows all of them.
